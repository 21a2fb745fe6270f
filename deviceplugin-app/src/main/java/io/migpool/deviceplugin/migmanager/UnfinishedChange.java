package io.migpool.deviceplugin.migmanager;

import java.util.List;
import java.util.Objects;

/**
 * What has to be undone after a change, even if the agent or the machine went down in the middle of it. Recorded before
 * the step itself is taken.
 *
 * @param value the label's value for which it was done; empty if nothing was done
 * @param clientsPaused whether labels of clients were paused
 * @param stoppedServices services of the host that were stopped, in that order
 * @param cordoned whether we cordoned the node
 * @param rebootedFrom identifies the boot in which a reboot was requested, with GPUs made ready for it; empty if none
 *     was
 * @param layoutBefore the GPUs before the change under way, as the text of a checkpoint; empty if none is under way
 * @param askedInVain identifies the boot in which a reboot was requested that did not come, so that the GPUs are as
 *     before; empty if there was none
 * @param specificationDue whether NVIDIA's own CDI specification has to be generated again, because instances have
 *     changed since
 */
record UnfinishedChange(
        String value,
        boolean clientsPaused,
        List<String> stoppedServices,
        boolean cordoned,
        String rebootedFrom,
        String layoutBefore,
        String askedInVain,
        boolean specificationDue) {

    /** Nothing has to be undone. */
    public static final UnfinishedChange NOTHING = new UnfinishedChange("", false, List.of(), false, "", "", "", false);

    public UnfinishedChange {
        stoppedServices = List.copyOf(stoppedServices);
        // A file that an older build wrote lacks them.
        layoutBefore = Objects.requireNonNullElse(layoutBefore, "");
        askedInVain = Objects.requireNonNullElse(askedInVain, "");
    }

    /**
     * Returns the record for a value; from a record for another one, only what has to be undone is kept, not its
     * reboot.
     */
    UnfinishedChange about(String newValue) {
        return new UnfinishedChange(
                newValue,
                clientsPaused,
                stoppedServices,
                cordoned,
                newValue.equals(value) ? rebootedFrom : "",
                layoutBefore,
                newValue.equals(value) ? askedInVain : "",
                specificationDue);
    }

    UnfinishedChange withClientsPaused(boolean paused) {
        return new UnfinishedChange(
                value, paused, stoppedServices, cordoned, rebootedFrom, layoutBefore, askedInVain, specificationDue);
    }

    UnfinishedChange withStopped(List<String> services) {
        return new UnfinishedChange(
                value, clientsPaused, services, cordoned, rebootedFrom, layoutBefore, askedInVain, specificationDue);
    }

    UnfinishedChange withCordoned(boolean nodeCordoned) {
        return new UnfinishedChange(
                value,
                clientsPaused,
                stoppedServices,
                nodeCordoned,
                rebootedFrom,
                layoutBefore,
                askedInVain,
                specificationDue);
    }

    UnfinishedChange withRebootFrom(String bootId) {
        return new UnfinishedChange(
                value, clientsPaused, stoppedServices, cordoned, bootId, layoutBefore, "", specificationDue);
    }

    /**
     * Returns the record after the GPUs were put back to what they were before a reboot was prepared: a later boot is
     * not the one that was to bring the change.
     */
    UnfinishedChange withReadinessTakenBack(String bootId) {
        boolean inThisBoot = rebootedFrom.equals(bootId);
        return new UnfinishedChange(
                value,
                clientsPaused,
                stoppedServices,
                cordoned,
                inThisBoot ? "" : rebootedFrom,
                "",
                inThisBoot ? bootId : askedInVain,
                specificationDue);
    }

    UnfinishedChange withLayoutBefore(String checkpoint) {
        return new UnfinishedChange(
                value,
                clientsPaused,
                stoppedServices,
                cordoned,
                rebootedFrom,
                checkpoint,
                askedInVain,
                specificationDue);
    }

    UnfinishedChange withSpecificationDue(boolean due) {
        return new UnfinishedChange(
                value, clientsPaused, stoppedServices, cordoned, rebootedFrom, layoutBefore, askedInVain, due);
    }

    /** Returns this record, or {@link #NOTHING} if nothing is left to do. */
    UnfinishedChange unlessOver() {
        return isOwing() || specificationDue || !layoutBefore.isEmpty() ? this : NOTHING;
    }

    /** Returns whether clients, services or the node have to be restored. */
    boolean isOwing() {
        return clientsPaused || cordoned || !stoppedServices.isEmpty();
    }
}
