package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.List;

/** The GPUs that follow the node's label, and who is on them. */
interface GpuScope {

    /** Whether it is known which GPUs follow the label: configuration has been seen and GPUs are there. Nothing is done before. */
    boolean isDecided();

    /** Whether configuration lets any GPU follow the label. */
    boolean isInUse();

    /** Who keeps GPUs from following the label, which configuration lets follow it: pods that the pool placed there before. */
    List<Occupant> awaited();

    /**
     * Who has devices of GPUs that follow the label.
     *
     * @throws UnreachableException if that cannot be told; nothing may be changed then
     */
    List<Occupant> occupants() throws UnreachableException;

    /**
     * Asks pods to leave, if configuration allows that; may be repeated until they are gone.
     *
     * @return what stands in the way of it, as sentences; nothing if they are leaving
     * @throws UnreachableException if they could not be asked
     */
    List<String> askToLeave(List<Occupant> occupants) throws UnreachableException;

    /**
     * Lets no new pods come to these GPUs; pods that have something there keep it. May be repeated. So it is from the start.
     */
    void keepOff();

    /** Lets new pods come to these GPUs. May be repeated. */
    void letIn();

    /** Something that must not happen while pods are given devices. */
    @FunctionalInterface
    interface Change {
        Outcome make(List<Occupant> present) throws GpuException, UnreachableException;
    }

    /**
     * Makes a change of which pods are told only afterwards: those that are given devices meanwhile wait, and get what is there
     * then.
     *
     * @param change told who has devices, also those that were given some just before
     */
    Outcome alone(Change change) throws GpuException, UnreachableException;
}
