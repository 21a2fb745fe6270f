package io.migpool.extender.placement;

import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.ContainerGpuRequest.Role;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.request.PodGpuRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a pod needs, as the planner sees it: its request, its constraints, and the devices that follow from them.
 *
 * <p>A device serves the pod for its whole life. An init container uses the devices of the containers that start after it
 * ended, the largest ones, so that they grow least; where it wants more devices than those have, extra ones are added and
 * later init containers use them too. A sidecar keeps its devices, so init containers after it cannot have them.
 */
public final class PodDemand {

    private final PodGpuRequest request;
    private final PodConstraints constraints;
    private final PolicyChoice policies;
    private final List<SlotDemand> slots;

    /** A pod that leaves the choice of policies to the cluster. */
    public PodDemand(PodGpuRequest request, PodConstraints constraints) {
        this(request, constraints, PolicyChoice.NONE);
    }

    /** Works out the devices. */
    public PodDemand(PodGpuRequest request, PodConstraints constraints, PolicyChoice policies) {
        this.policies = policies;
        this.request = request;
        this.constraints = constraints;
        this.slots = slotsOf(request);
    }

    /** What its containers ask for. */
    public PodGpuRequest request() {
        return request;
    }

    /** Which GPUs it accepts. */
    public PodConstraints constraints() {
        return constraints;
    }

    /** The policies that the pod asks for. */
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

    /** How much text its shape holds. */
    int characters() {
        return constraints.characters()
                + policies.ignored().stream().mapToInt(String::length).sum()
                + policies.misunderstood().map(String::length).orElse(0);
    }

    /** The shape of the demand. */
    public Shape shape() {
        List<ContainerGpuRequest> nameless = request.containers().stream()
                .map(c -> new ContainerGpuRequest(
                        "", c.index(), c.role(), c.devices(), false, c.memory(), c.cores(), c.coresDefaulted()))
                .toList();
        return new Shape(nameless, request.containerCount(), constraints, policies);
    }

    /** The devices needed, largest first. */
    List<SlotDemand> slots() {
        return slots;
    }

    private static List<SlotDemand> slotsOf(PodGpuRequest request) {
        List<Slot> slots = new ArrayList<>();
        for (ContainerGpuRequest container : request.containers()) {
            if (container.role() != Role.INIT) {
                for (int device = 0; device < container.devices(); device++) {
                    Slot slot = new Slot(container.index());
                    slot.serve(container, device);
                    slots.add(slot);
                }
            }
        }
        for (ContainerGpuRequest container : request.containers()) {
            if (container.role() == Role.INIT) {
                shareWith(container, slots);
            }
        }
        return slots.stream().map(Slot::demand).sorted(SlotDemand.LARGEST_FIRST).toList();
    }

    private static void shareWith(ContainerGpuRequest init, List<Slot> slots) {
        List<Slot> free = slots.stream()
                .filter(slot -> slot.freeUntil > init.index())
                .sorted(Slot.LARGEST_FIRST)
                .toList();
        for (int device = 0; device < init.devices(); device++) {
            if (device < free.size()) {
                free.get(device).serve(init, device);
            } else {
                Slot extra = new Slot(Integer.MAX_VALUE);
                extra.serve(init, device);
                slots.add(extra);
            }
        }
    }

    /** A device while its users are being collected. */
    private static final class Slot {

        /** Equal ones stay in the order of the containers they are for. */
        static final Comparator<Slot> LARGEST_FIRST = Comparator.comparing(Slot::demand, SlotDemand.LARGER_FIRST);

        /** Index of the long-lived container that takes the device; nobody uses it before unless an init container does. */
        private final int freeUntil;

        private final List<MemoryRequest> memory = new ArrayList<>();
        private final List<SlotDemand.User> users = new ArrayList<>();
        private int cores;
        private int sharedCores;

        Slot(int freeUntil) {
            this.freeUntil = freeUntil;
        }

        void serve(ContainerGpuRequest container, int device) {
            memory.add(container.memory());
            users.add(new SlotDemand.User(container.index(), device));
            cores = Math.max(cores, container.instanceCores());
            sharedCores = Math.max(sharedCores, container.cores());
        }

        SlotDemand demand() {
            return new SlotDemand(memory, cores, sharedCores, users);
        }
    }
}
