package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.List;

/** Reboots the machine where a change of MIG mode needs that. */
interface Reboots {

    /** Returns whether configuration allows it. */
    boolean areAllowed();

    /**
     * Checks that a reboot could be requested, without requesting it.
     *
     * @throws UnreachableException if it could not
     */
    void requirePossible() throws UnreachableException;

    /**
     * Returns an identifier of the present boot.
     *
     * @throws GpuException if it cannot be determined; nothing is rebooted then
     */
    String bootId() throws GpuException;

    /**
     * Returns the pods that a reboot would end and that nothing starts again on this node.
     *
     * @throws UnreachableException if they cannot be listed
     */
    List<Occupant> podsToEnd() throws UnreachableException;

    /** Returns whether new pods are kept off the node. */
    boolean isCordoned() throws UnreachableException;

    /**
     * Keeps new pods off the node.
     *
     * @throws UnreachableException if it could not be done
     */
    void cordon() throws UnreachableException;

    /**
     * Lets new pods onto the node again.
     *
     * @throws UnreachableException if it could not be done
     */
    void uncordon() throws UnreachableException;

    /**
     * Requests an orderly shutdown and restart of the machine. Returns before that happens.
     *
     * @throws UnreachableException if it could not be requested
     */
    void reboot() throws UnreachableException;
}
