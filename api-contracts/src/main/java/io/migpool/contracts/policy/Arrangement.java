package io.migpool.contracts.policy;

/**
 * How the devices of a pod must be placed relative to one another.
 *
 * @param numaBind whether all GPUs of a container must belong to one NUMA node
 * @param spreadDevices whether each device of the pod must be on a GPU of its own
 */
public record Arrangement(boolean numaBind, boolean spreadDevices) {

    /** No restriction. */
    public static final Arrangement FREE = new Arrangement(false, false);
}
