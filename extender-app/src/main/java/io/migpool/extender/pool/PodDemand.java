package io.migpool.extender.pool;

import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.DeviceReuse;
import io.migpool.contracts.request.PodGpuRequest;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a pod needs, as the planner sees it: its request, its constraints, and the devices that follow from them.
 *
 * <p>A device serves the pod for its whole life, whichever of its containers use it; {@link DeviceReuse} says which do.
 */
public final class PodDemand {

    private final PodGpuRequest request;
    private final PodConstraints constraints;
    private final PolicyChoice policies;
    private final List<SlotDemand> slots;

    /** Creates the demand of a pod that leaves the choice of policies to the cluster. */
    public PodDemand(PodGpuRequest request, PodConstraints constraints) {
        this(request, constraints, PolicyChoice.NONE);
    }

    /** Derives the devices. */
    public PodDemand(PodGpuRequest request, PodConstraints constraints, PolicyChoice policies) {
        this.policies = policies;
        this.request = request;
        this.constraints = constraints;
        this.slots = slotsOf(request);
    }

    /** Returns the containers' requests. */
    public PodGpuRequest request() {
        return request;
    }

    /** Returns the constraints on GPUs. */
    public PodConstraints constraints() {
        return constraints;
    }

    /** Returns why no decision may be made until an annotation is corrected; empty if all are understood. */
    public Optional<String> misunderstood() {
        return constraints.misunderstood().or(policies::misunderstood);
    }

    /** Returns the policies that the pod asks for. */
    public PolicyChoice policies() {
        return policies;
    }

    /**
     * Everything about a demand that decides where it may go and what that costs, and nothing else: pods of equal shape get
     * equal plans.
     *
     * @param containers the requests, without the containers' names
     * @param containerCount containers of the pod
     * @param constraints which GPUs it accepts
     * @param policies the policies that it asks for
     */
    public record Shape(
            List<ContainerGpuRequest> containers,
            int containerCount,
            PodConstraints constraints,
            PolicyChoice policies) {}

    /** Returns whether another reading of the pod has the same meaning. */
    public boolean isSame(PodDemand other) {
        return request.equals(other.request)
                && constraints.equals(other.constraints)
                && policies.equals(other.policies);
    }

    /** Returns the number of characters of text in its shape. */
    public int characters() {
        return constraints.characters()
                + policies.ignored().stream().mapToInt(String::length).sum()
                + policies.misunderstood().map(String::length).orElse(0);
    }

    public Shape shape() {
        List<ContainerGpuRequest> nameless = request.containers().stream()
                .map(c -> new ContainerGpuRequest(
                        "", c.index(), c.role(), c.devices(), false, c.memory(), c.cores(), c.coresDefaulted()))
                .toList();
        return new Shape(nameless, request.containerCount(), constraints, policies);
    }

    /** Returns the devices needed, largest first. */
    public List<SlotDemand> slots() {
        return slots;
    }

    private static List<SlotDemand> slotsOf(PodGpuRequest request) {
        return DeviceReuse.devices(request.containers()).stream()
                .map(PodDemand::slot)
                .sorted(SlotDemand.LARGEST_FIRST)
                .toList();
    }

    private static SlotDemand slot(DeviceReuse.Device device) {
        List<ContainerGpuRequest> served = device.served();
        return new SlotDemand(
                served.stream().map(ContainerGpuRequest::memory).toList(),
                served.stream()
                        .mapToInt(ContainerGpuRequest::instanceCores)
                        .max()
                        .orElse(0),
                served.stream().mapToInt(ContainerGpuRequest::cores).max().orElse(0),
                device.uses(),
                served.stream().map(ContainerGpuRequest::index).collect(Collectors.toSet()),
                served.stream().anyMatch(request -> request.devices() > 1));
    }
}
