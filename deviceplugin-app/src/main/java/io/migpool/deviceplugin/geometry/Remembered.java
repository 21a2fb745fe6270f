package io.migpool.deviceplugin.geometry;

import java.util.List;

/**
 * What has to be put right again after a change, also if the agent or the machine went down in the middle of it. Written down
 * before the thing itself is done.
 *
 * @param value of the label that it was done for; empty if nothing was done
 * @param clientsPaused whether labels of clients were paused
 * @param stoppedServices services of the host that were stopped, in that order
 * @param cordoned whether the node was cordoned by us
 * @param rebootedFrom identifies the boot in which a reboot was asked for; empty if none was
 */
public record Remembered(
        String value, boolean clientsPaused, List<String> stoppedServices, boolean cordoned, String rebootedFrom) {

    /** Nothing has to be put right. */
    public static final Remembered NOTHING = new Remembered("", false, List.of(), false, "");

    public Remembered {
        stoppedServices = List.copyOf(stoppedServices);
    }

    /** For that value; of another one only what has to be put right counts, not its reboot. */
    Remembered about(String newValue) {
        return new Remembered(
                newValue, clientsPaused, stoppedServices, cordoned, newValue.equals(value) ? rebootedFrom : "");
    }

    Remembered withClientsPaused(boolean paused) {
        return new Remembered(value, paused, stoppedServices, cordoned, rebootedFrom);
    }

    Remembered withStopped(List<String> services) {
        return new Remembered(value, clientsPaused, services, cordoned, rebootedFrom);
    }

    Remembered withCordoned(boolean nodeCordoned) {
        return new Remembered(value, clientsPaused, stoppedServices, nodeCordoned, rebootedFrom);
    }

    Remembered withRebootFrom(String bootId) {
        return new Remembered(value, clientsPaused, stoppedServices, cordoned, bootId);
    }

    /** Whether anything has been done that is to be taken back. */
    boolean isOwing() {
        return clientsPaused || cordoned || !stoppedServices.isEmpty();
    }
}
