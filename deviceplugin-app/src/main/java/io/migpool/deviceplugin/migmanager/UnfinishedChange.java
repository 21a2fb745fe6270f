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
 * @param clientsHaveFormer whether clients run that got their devices from a specification of former instances
 */
record UnfinishedChange(
        String value,
        boolean clientsPaused,
        List<String> stoppedServices,
        boolean cordoned,
        String rebootedFrom,
        String layoutBefore,
        String askedInVain,
        boolean specificationDue,
        boolean clientsHaveFormer) {

    /** Nothing has to be undone. */
    public static final UnfinishedChange NOTHING =
            new UnfinishedChange("", false, List.of(), false, "", "", "", false, false);

    public UnfinishedChange {
        stoppedServices = List.copyOf(stoppedServices);
        // A file that an older build wrote lacks them.
        layoutBefore = Objects.requireNonNullElse(layoutBefore, "");
        askedInVain = Objects.requireNonNullElse(askedInVain, "");
        clientsHaveFormer |= specificationDue && !clientsPaused;
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
                specificationDue,
                clientsHaveFormer);
    }

    UnfinishedChange withClientsPaused(boolean paused) {
        return new UnfinishedChange(
                value,
                paused,
                stoppedServices,
                cordoned,
                rebootedFrom,
                layoutBefore,
                askedInVain,
                specificationDue,
                clientsHaveFormer);
    }

    /** Returns the record once no pod of a paused client is left. */
    UnfinishedChange withClientsGone() {
        return new UnfinishedChange(
                value,
                clientsPaused,
                stoppedServices,
                cordoned,
                rebootedFrom,
                layoutBefore,
                askedInVain,
                specificationDue,
                false);
    }

    UnfinishedChange withStopped(List<String> services) {
        return new UnfinishedChange(
                value,
                clientsPaused,
                services,
                cordoned,
                rebootedFrom,
                layoutBefore,
                askedInVain,
                specificationDue,
                clientsHaveFormer);
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
                specificationDue,
                clientsHaveFormer);
    }

    UnfinishedChange withRebootFrom(String bootId) {
        return new UnfinishedChange(
                value,
                clientsPaused,
                stoppedServices,
                cordoned,
                bootId,
                layoutBefore,
                "",
                specificationDue,
                clientsHaveFormer);
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
                specificationDue,
                clientsHaveFormer);
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
                specificationDue,
                clientsHaveFormer);
    }

    UnfinishedChange withSpecificationDue(boolean due) {
        return new UnfinishedChange(
                value,
                clientsPaused,
                stoppedServices,
                cordoned,
                rebootedFrom,
                layoutBefore,
                askedInVain,
                due,
                clientsHaveFormer);
    }

    /** Returns the record without the specification, which is none of ours any more. */
    UnfinishedChange withoutSpecification() {
        return new UnfinishedChange(
                value, clientsPaused, stoppedServices, cordoned, rebootedFrom, layoutBefore, askedInVain, false, false);
    }

    /** Returns whether clients have to start again, now that there is a specification of instances that stay. */
    boolean isForClientsToStartAgain() {
        return clientsHaveFormer && !specificationDue && layoutBefore.isEmpty();
    }

    /** Returns this record, or {@link #NOTHING} if nothing is left to do. */
    UnfinishedChange unlessOver() {
        return isOwing() || specificationDue || clientsHaveFormer || !layoutBefore.isEmpty() ? this : NOTHING;
    }

    /** Returns whether clients, services or the node have to be restored. */
    boolean isOwing() {
        return clientsPaused || cordoned || !stoppedServices.isEmpty();
    }
}
