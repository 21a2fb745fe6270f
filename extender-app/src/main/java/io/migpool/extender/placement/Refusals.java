package io.migpool.extender.placement;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.policy.Arrangement;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.extender.placement.NodeSearch.Goal;
import io.migpool.extender.placement.PlanOutcome.GpuReason;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.extender.pool.Reasons;
import io.migpool.extender.pool.SharedGpu;
import io.migpool.extender.pool.SlotDemand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Finds the reasons why a pod does not fit: per GPU, and one that stands for the node. The same problem gets the same
 * text, built once. Not thread-safe.
 */
final class Refusals {

    private static final PlacementPolicy ANY_ORDER = new FirstFit();

    private final PodDemand pod;
    private final ServingProfiles profiles;
    private final Suitability suitability;
    private final Map<Trouble, Reason> words = new HashMap<>();

    Refusals(PodDemand pod, ServingProfiles profiles, Suitability suitability) {
        this.pod = pod;
        this.profiles = profiles;
        this.suitability = suitability;
    }

    /** Why a GPU that offers a suitable profile has no room for it. */
    private enum Lack {
        GEOMETRY,
        SLICE,
        NEIGHBOURING_SLICES
    }

    private record Trouble(Lack lack, int slot, MigProfile profile) {}

    /**
     * Returns the reason that stands for the node.
     *
     * @param eligible GPUs that may be used
     * @param reasons why the others may not; extended by why the eligible ones do not serve the pod's largest device
     * @param gaveUp whether the search ended early
     * @param budget for searching on
     */
    Reason explain(NodeView node, boolean[] eligible, List<GpuReason> reasons, boolean gaveUp, StepBudget budget) {
        long usable = count(eligible);
        for (int slot = 0; slot < pod.slots().size(); slot++) {
            List<GpuReason> refusals = refusals(slot, node, eligible);
            if (refusals.size() == usable) {
                reasons.addAll(refusals);
                return summary(pod.slots().get(slot), node, eligible, reasons);
            }
        }
        return together(node, eligible, reasons, gaveUp, budget);
    }

    private static long count(boolean[] eligible) {
        long count = 0;
        for (boolean gpu : eligible) {
            count += gpu ? 1 : 0;
        }
        return count;
    }

    /** Returns why some GPUs cannot serve the pod's largest device, even if others can. */
    List<GpuReason> ofLargestDevice(NodeView node, boolean[] eligible) {
        return refusals(0, node, eligible);
    }

    private List<GpuReason> refusals(int slot, NodeView node, boolean[] eligible) {
        List<GpuReason> reasons = new ArrayList<>();
        for (int i = 0; i < eligible.length; i++) {
            GpuView gpu = node.gpus().get(i);
            if (eligible[i]) {
                reasonOf(slot, gpu)
                        .ifPresent(reason ->
                                reasons.add(new GpuReason(gpu.inventory().uuid(), reason)));
            }
        }
        return reasons;
    }

    private Reason together(
            NodeView node, boolean[] eligible, List<GpuReason> reasons, boolean gaveUp, StepBudget budget) {
        int devices = pod.slots().size();
        boolean[] suitable = suitable(node);
        Optional<Reason> tooFew = tooFewEvenIfEmpty(node, suitable);
        if (tooFew.isPresent()) {
            return tooFew.get();
        }
        if (gaveUp) {
            return Reasons.searchLimit(devices);
        }
        Optional<Reason> arrangement = arrangement(node, eligible, budget);
        if (arrangement.isPresent()) {
            return arrangement.get();
        }
        Optional<Reason> notInUse = furthest(node, suitable, reasons);
        if (notInUse.isPresent() && fits(pod.constraints().arrangement(), node, suitable, budget)) {
            return Reasons.outOfUse(notInUse.get());
        }
        return notInUse.filter(reason -> reason.code() == ReasonCode.EXCLUSIVE)
                .filter(reason -> usableForWidest(node, eligible) < widest().devices())
                .orElseGet(() -> Reasons.notTogether(devices));
    }

    private ContainerGpuRequest widest() {
        return pod.request().containers().stream()
                .max(Comparator.comparingInt(ContainerGpuRequest::devices))
                .orElseThrow();
    }

    /** Returns the reason if not even an empty node would have enough devices for one of the containers. */
    private Optional<Reason> tooFewEvenIfEmpty(NodeView node, boolean[] suitable) {
        ContainerGpuRequest widest = widest();
        if (widest.devices() <= usableForWidest(node, suitable)) {
            return Optional.empty();
        }
        boolean anyMig = IntStream.range(0, suitable.length)
                .anyMatch(i -> suitable[i] && node.gpus().get(i) instanceof MigGpu);
        return Optional.of(
                anyMig
                        ? Reasons.tooFewDevices(widest.devices(), slotOf(widest).text())
                        : Reasons.tooFewGpus(widest.devices()));
    }

    /** Returns the most devices of one kind, instances or software shares, that empty GPUs have for the container with most. */
    private int usableForWidest(NodeView node, boolean[] usable) {
        int slot = pod.slots().indexOf(slotOf(widest()));
        int shares = 0;
        int instances = 0;
        for (int i = 0; i < usable.length; i++) {
            if (usable[i]) {
                switch (node.gpus().get(i)) {
                    case SharedGpu shared -> shares++;
                    case MigGpu gpu -> instances += gpu.board().most(profiles.of(gpu.board(), slot));
                }
            }
        }
        return Math.max(shares, instances);
    }

    /** Returns the smallest of the container's devices, since some may have to serve other containers too. */
    private SlotDemand slotOf(ContainerGpuRequest container) {
        return pod.slots().reversed().stream()
                .filter(slot -> slot.containers().contains(container.index()))
                .findFirst()
                .orElseThrow();
    }

    /** Returns which GPUs suit the pod, whether they can be used now or not. */
    private boolean[] suitable(NodeView node) {
        boolean[] suitable = new boolean[node.gpus().size()];
        for (int i = 0; i < suitable.length; i++) {
            suitable[i] = suitability.unsuitable(node.gpus().get(i)).isEmpty();
        }
        return suitable;
    }

    /** Returns why suitable GPUs cannot be used: the reason of the one that came closest; empty if all can be. */
    private static Optional<Reason> furthest(NodeView node, boolean[] suitable, List<GpuReason> reasons) {
        Set<String> uuids = new HashSet<>();
        for (int i = 0; i < suitable.length; i++) {
            if (suitable[i]) {
                uuids.add(node.gpus().get(i).inventory().uuid());
            }
        }
        return reasons.stream()
                .filter(gpu -> uuids.contains(gpu.gpuUuid()))
                .map(GpuReason::reason)
                .max(Comparator.comparing(Reason::code));
    }

    /** Returns the pod's own constraints as the reason, if they are all that is in the way. */
    private Optional<Reason> arrangement(NodeView node, boolean[] eligible, StepBudget budget) {
        Arrangement wanted = pod.constraints().arrangement();
        if (wanted.equals(Arrangement.FREE) || !fits(Arrangement.FREE, node, eligible, budget)) {
            return Optional.empty();
        }
        boolean fitsSpread = !wanted.spreadDevices() || fits(new Arrangement(false, true), node, eligible, budget);
        return Optional.of(
                fitsSpread
                        ? Reasons.notOnOneNumaNode()
                        : Reasons.notOnDifferentGpus(pod.slots().size()));
    }

    private boolean fits(Arrangement arrangement, NodeView node, boolean[] eligible, StepBudget budget) {
        Options options = new Options(pod.slots(), profiles, ANY_ORDER);
        StepLimit limit = budget.next();
        boolean fits = new NodeSearch(options, arrangement, node, eligible, limit, new Goal.First())
                .run()
                .isPresent();
        budget.spent(limit);
        return fits;
    }

    private static Reason summary(SlotDemand slot, NodeView node, boolean[] eligible, List<GpuReason> reasons) {
        Reason furthest = reasons.stream()
                .map(GpuReason::reason)
                .max(Comparator.comparing(Reason::code))
                .orElseGet(Reasons::notRegistered);
        if (furthest.code() != ReasonCode.TOO_LARGE) {
            return furthest;
        }
        long largest = 0;
        for (int i = 0; i < eligible.length; i++) {
            largest = eligible[i] ? Math.max(largest, memoryMiB(node.gpus().get(i))) : largest;
        }
        return Reasons.tooLarge(slot.text(), largest);
    }

    private static long memoryMiB(GpuView gpu) {
        return gpu.inventory().memoryMiB();
    }

    private Optional<Reason> reasonOf(int slot, GpuView gpu) {
        return switch (gpu) {
            case SharedGpu shared -> reasonOf(pod.slots().get(slot), shared);
            case MigGpu mig -> reasonOf(slot, mig);
        };
    }

    private static Optional<Reason> reasonOf(SlotDemand slot, SharedGpu gpu) {
        long memoryMiB = slot.memoryMiBOf(gpu.inventory().memoryMiB());
        if (memoryMiB > gpu.inventory().memoryMiB()) {
            return Optional.of(Reasons.tooLarge(slot.text(), gpu.inventory().memoryMiB()));
        }
        return gpu.refuses(memoryMiB, slot.coresOf(gpu.inventory().corePercent()), slot);
    }

    private Optional<Reason> reasonOf(int slot, MigGpu gpu) {
        MigBoard board = gpu.board();
        int[] serving = profiles.of(board, slot);
        if (serving.length == 0) {
            return Optional.of(notServed(pod.slots().get(slot), gpu));
        }
        int[] permitted = board.permitted(serving, gpu.counts());
        if (Arrays.stream(permitted).anyMatch(gpu::hasRoomFor)) {
            return Optional.empty();
        }
        Trouble trouble = new Trouble(
                lack(gpu, serving, permitted), slot, board.profile(serving[0]).profile());
        return Optional.of(words.computeIfAbsent(trouble, this::put));
    }

    /** Distinguishes a full GPU, free units that would be enough in another layout, and instances that the geometries forbid. */
    private static Lack lack(MigGpu gpu, int[] serving, int[] permitted) {
        if (gpu.isFull() || Arrays.stream(serving).noneMatch(i -> packs(gpu, i))) {
            return Lack.SLICE;
        }
        if (Arrays.stream(permitted).anyMatch(i -> packs(gpu, i))) {
            return Lack.NEIGHBOURING_SLICES;
        }
        return gpu.board().hasGeometries() ? Lack.GEOMETRY : Lack.SLICE;
    }

    private Reason put(Trouble trouble) {
        String wanted = pod.slots().get(trouble.slot()).text();
        return switch (trouble.lack()) {
            case GEOMETRY -> Reasons.geometry(wanted, trouble.profile());
            case SLICE -> Reasons.noSlice(wanted, trouble.profile());
            case NEIGHBOURING_SLICES -> Reasons.fragmented(wanted, trouble.profile());
        };
    }

    private static boolean packs(MigGpu gpu, int profile) {
        return gpu.board().packs(gpu.blocked(), gpu.counts().plus(profile, 1));
    }

    private static Reason notServed(SlotDemand slot, MigGpu gpu) {
        if (gpu.board().servesUnrestricted(slot)) {
            return slot.wantsWholeGpu() ? Reasons.noWholeGpu() : Reasons.noProfile(slot.text());
        }
        boolean tooLarge = slot.memoryMiBOf(gpu.inventory().memoryMiB())
                > Math.max(gpu.board().largestMiB(), gpu.inventory().memoryMiB());
        return tooLarge ? Reasons.tooLarge(slot.text(), gpu.inventory().memoryMiB()) : Reasons.noProfile(slot.text());
    }
}
