package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.List;
import java.util.Set;

/** The GPUs that follow the node's label, and who uses them. */
interface GpuScope {

    /**
     * Returns whether it is known which GPUs follow the label: configuration has been read and GPUs are present.
     * Nothing is done before.
     */
    boolean isDecided();

    /** Returns whether configuration lets any GPU follow the label. */
    boolean isInUse();

    /** Returns the UUIDs of the GPUs that follow the label now. */
    Set<String> free();

    /** Returns who keeps GPUs from following the label as configured: pods that the pool placed there before. */
    List<Occupant> awaited();

    /**
     * Returns the pods that hold devices of GPUs that follow the label.
     *
     * @throws UnreachableException if that cannot be determined; nothing may be changed then
     */
    List<Occupant> occupants() throws UnreachableException;

    /**
     * Returns whether others may get the devices of pods that are evicted, whatever {@link #shut} does: another
     * component hands them out. Only a cordon prevents that.
     */
    boolean areRefilled();

    /**
     * Asks pods to leave, if configuration allows that; may be repeated until they are gone.
     *
     * @return the obstacles as sentences; empty if the pods are leaving
     * @throws UnreachableException if they could not be asked
     */
    List<String> askToLeave(List<Occupant> occupants) throws UnreachableException;

    /**
     * Keeps new pods off these GPUs; pods that have something there keep it. May be repeated. This is the initial
     * state.
     */
    void shut();

    /**
     * Lets new pods onto these GPUs. May be repeated.
     *
     * @param gpuUuids the GPUs that have been looked at; others that follow the label by now are not offered yet
     */
    void open(Set<String> gpuUuids);

    /** A change that must not be made while pods are given devices. */
    @FunctionalInterface
    interface Change {
        Outcome make(List<Occupant> present) throws GpuException, UnreachableException;
    }

    /**
     * Makes a change while no pod is given a device: requests wait, and get what is there afterwards.
     *
     * @param change the change; it receives the pods that hold devices, including those that were given some just
     *     before
     */
    Outcome alone(Change change) throws GpuException, UnreachableException;
}
