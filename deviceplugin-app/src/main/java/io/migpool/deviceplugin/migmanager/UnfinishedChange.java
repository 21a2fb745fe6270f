package io.migpool.deviceplugin.migmanager;

import java.util.List;
import java.util.Objects;

/**
 * What has to be put right again after a change, also if the agent or the machine went down in the middle of it. Written down
 * before the thing itself is done.
 *
 * @param value of the label that it was done for; empty if nothing was done
 * @param clientsPaused whether labels of clients were paused
 * @param stoppedServices services of the host that were stopped, in that order
 * @param cordoned whether the node was cordoned by us
 * @param rebootedFrom identifies the boot in which a reboot was asked for, with GPUs made ready for it; empty if none was
 * @param layoutBefore the GPUs before the change that is under way, as a checkpoint's text; empty if none is
 * @param askedInVain identifies the boot in which a reboot was asked for that did not come, so that the GPUs are as before; empty
 *     if none was
 */
record UnfinishedChange(
        String value,
        boolean clientsPaused,
        List<String> stoppedServices,
        boolean cordoned,
        String rebootedFrom,
        String layoutBefore,
        String askedInVain) {

    /** Nothing has to be put right. */
    public static final UnfinishedChange NOTHING = new UnfinishedChange("", false, List.of(), false, "", "", "");

    public UnfinishedChange {
        stoppedServices = List.copyOf(stoppedServices);
        // A file that an older build wrote lacks them.
        layoutBefore = Objects.requireNonNullElse(layoutBefore, "");
        askedInVain = Objects.requireNonNullElse(askedInVain, "");
    }

    /** For that value; of another one only what has to be put right counts, not its reboot. */
    UnfinishedChange about(String newValue) {
        return new UnfinishedChange(
                newValue,
                clientsPaused,
                stoppedServices,
                cordoned,
                newValue.equals(value) ? rebootedFrom : "",
                layoutBefore,
                newValue.equals(value) ? askedInVain : "");
    }

    UnfinishedChange withClientsPaused(boolean paused) {
        return new UnfinishedChange(value, paused, stoppedServices, cordoned, rebootedFrom, layoutBefore, askedInVain);
    }

    UnfinishedChange withStopped(List<String> services) {
        return new UnfinishedChange(value, clientsPaused, services, cordoned, rebootedFrom, layoutBefore, askedInVain);
    }

    UnfinishedChange withCordoned(boolean nodeCordoned) {
        return new UnfinishedChange(
                value, clientsPaused, stoppedServices, nodeCordoned, rebootedFrom, layoutBefore, askedInVain);
    }

    UnfinishedChange withRebootFrom(String bootId) {
        return new UnfinishedChange(value, clientsPaused, stoppedServices, cordoned, bootId, layoutBefore, "");
    }

    /** The GPUs are as they were before a reboot was prepared; a later boot is not the one that was to bring the change. */
    UnfinishedChange withReadinessTakenBack(String bootId) {
        boolean inThisBoot = rebootedFrom.equals(bootId);
        return new UnfinishedChange(
                value,
                clientsPaused,
                stoppedServices,
                cordoned,
                inThisBoot ? "" : rebootedFrom,
                "",
                inThisBoot ? bootId : askedInVain);
    }

    UnfinishedChange withLayoutBefore(String checkpoint) {
        return new UnfinishedChange(
                value, clientsPaused, stoppedServices, cordoned, rebootedFrom, checkpoint, askedInVain);
    }

    /** Whether anything has been done that is to be taken back. */
    boolean isOwing() {
        return clientsPaused || cordoned || !stoppedServices.isEmpty();
    }
}
