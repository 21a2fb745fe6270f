package io.migpool.extender.placement;

/**
 * What a plan costs its node, for choosing among nodes.
 *
 * @param secondChoices devices that the other kind would serve better, instances or software shares
 * @param instanceSize sum over the instances of how large they are, each in the measure of its request
 * @param instancePermille sum over the instances of the part of a GPU they take, in thousandths
 * @param idleReused instances that exist already
 * @param takenAfterPermille part of the node's GPUs that is taken with the plan in place, in thousandths
 * @param fragmentation what the plan's instances take from later requests, in the policy's measure; less is better
 * @param sharedPermille sum over the software shares of the part of their GPU that is taken already, in thousandths; what
 *     shares of a GPU in use leave whole is more, so more is better
 */
public record PlanCost(
        int secondChoices,
        long instanceSize,
        int instancePermille,
        int idleReused,
        int takenAfterPermille,
        long fragmentation,
        int sharedPermille) {

    /** Compares what counts before any policy, as {@link DeviceOption#beforeAnyPolicy} does, over all devices. */
    int compareBeforeAnyPolicy(PlanCost other) {
        if (secondChoices != other.secondChoices) {
            return Integer.compare(secondChoices, other.secondChoices);
        }
        return instanceSize != other.instanceSize
                ? Long.compare(instanceSize, other.instanceSize)
                : Integer.compare(instancePermille, other.instancePermille);
    }
}
