package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.List;

/** The machine, where a change of MIG mode needs it to start anew. */
interface Reboots {

    /** Whether configuration allows it. */
    boolean areAllowed();

    /**
     * Asks nothing of the machine, but finds out whether it could be asked for a reboot.
     *
     * @throws UnreachableException if it could not
     */
    void requirePossible() throws UnreachableException;

    /**
     * Identifies the present boot.
     *
     * @throws GpuException if it cannot be told; nothing is rebooted then
     */
    String bootId() throws GpuException;

    /**
     * Pods that a reboot would end and that nobody starts again on this node.
     *
     * @throws UnreachableException if they cannot be listed
     */
    List<Occupant> podsToEnd() throws UnreachableException;

    /** Whether new pods are kept off the node already, by somebody else. */
    boolean isCordoned() throws UnreachableException;

    /**
     * Keeps new pods off the node.
     *
     * @throws UnreachableException if it could not be done
     */
    void cordon() throws UnreachableException;

    /**
     * Lets new pods come to the node again.
     *
     * @throws UnreachableException if it could not be done
     */
    void uncordon() throws UnreachableException;

    /**
     * Has the machine shut down in an orderly way and start again. Returns before that.
     *
     * @throws UnreachableException if it could not be asked for
     */
    void reboot() throws UnreachableException;
}
