package io.migpool.contracts.policy;

/**
 * How the devices of a pod must lie to one another.
 *
 * @param numaBind whether all GPUs of a container must belong to one NUMA node
 * @param spreadDevices whether no two devices of the pod may lie on one GPU
 */
public record Arrangement(boolean numaBind, boolean spreadDevices) {

    /** As they come. */
    public static final Arrangement FREE = new Arrangement(false, false);
}
