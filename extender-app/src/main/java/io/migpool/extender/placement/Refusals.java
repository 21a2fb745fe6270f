package io.migpool.extender.placement;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.extender.placement.PlanOutcome.DoesNotFit;
import io.migpool.extender.placement.PlanOutcome.GpuReason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Finds the words for a pod that does not fit: per GPU, and one reason that stands for the node. */
final class Refusals {

    private Refusals() {}

    /** Why a GPU is out of the question whatever is free on it. */
    static Optional<Reason> ineligible(PodConstraints constraints, GpuView gpu) {
        if (!gpu.inventory().healthy()) {
            return Optional.of(Reasons.unhealthy());
        }
        if (gpu.cordoned()) {
            return Optional.of(Reasons.cordoned());
        }
        return constraints.refuses(gpu.inventory());
    }

    static DoesNotFit explain(
            PodDemand pod, NodeView node, boolean[] eligible, List<GpuReason> ineligible, boolean gaveUp) {
        List<GpuReason> reasons = new ArrayList<>(ineligible);
        boolean everyDeviceAlone = true;
        for (SlotDemand slot : pod.slots()) {
            List<GpuReason> refusals = refusals(slot, node, eligible);
            long usable = count(eligible);
            if (refusals.size() == usable) {
                reasons.addAll(refusals);
                everyDeviceAlone = false;
                break;
            }
        }
        Reason summary = everyDeviceAlone && count(eligible) > 0
                ? together(pod, node, eligible, gaveUp)
                : summary(pod, node, eligible, reasons);
        return new DoesNotFit(node.name(), summary, reasons);
    }

    private static long count(boolean[] eligible) {
        long count = 0;
        for (boolean gpu : eligible) {
            count += gpu ? 1 : 0;
        }
        return count;
    }

    private static List<GpuReason> refusals(SlotDemand slot, NodeView node, boolean[] eligible) {
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

    private static Reason together(PodDemand pod, NodeView node, boolean[] eligible, boolean gaveUp) {
        int devices = pod.slots().size();
        if (gaveUp) {
            return Reasons.searchLimit(devices);
        }
        Optional<Reason> arrangement = arrangement(pod, node, eligible);
        if (arrangement.isPresent()) {
            return arrangement.get();
        }
        int widest = pod.request().containers().stream()
                .mapToInt(container -> container.devices())
                .max()
                .orElse(0);
        boolean anyMig = node.gpus().stream().anyMatch(gpu -> gpu.inventory().mode() == GpuMode.MIG);
        return !anyMig && widest > count(eligible) ? Reasons.tooFewGpus(widest) : Reasons.notTogether(devices);
    }

    /** The pod's own conditions, if they are all that is in the way. */
    private static Optional<Reason> arrangement(PodDemand pod, NodeView node, boolean[] eligible) {
        Arrangement wanted = pod.constraints().arrangement();
        if (wanted.equals(Arrangement.FREE) || !fits(pod, Arrangement.FREE, node, eligible)) {
            return Optional.empty();
        }
        boolean fitsSpread = !wanted.spreadDevices() || fits(pod, new Arrangement(false, true), node, eligible);
        return Optional.of(
                fitsSpread
                        ? Reasons.notOnOneNumaNode()
                        : Reasons.notOnDifferentGpus(pod.slots().size()));
    }

    private static boolean fits(PodDemand pod, Arrangement arrangement, NodeView node, boolean[] eligible) {
        return new NodeSearch(pod.slots(), arrangement, node, new Servings(), eligible, new FirstFit())
                .run()
                .isPresent();
    }

    private static Reason summary(PodDemand pod, NodeView node, boolean[] eligible, List<GpuReason> reasons) {
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
        return Reasons.tooLarge(pod.slots().getFirst().text(), largest);
    }

    private static long memoryMiB(GpuView gpu) {
        return gpu.inventory().memoryMiB();
    }

    private static Optional<Reason> reasonOf(SlotDemand slot, GpuView gpu) {
        return switch (gpu) {
            case SharedGpu shared -> reasonOf(slot, shared);
            case MigGpu mig -> reasonOf(slot, mig);
        };
    }

    private static Optional<Reason> reasonOf(SlotDemand slot, SharedGpu gpu) {
        long memoryMiB = slot.memoryMiBOf(gpu.inventory().memoryMiB());
        if (memoryMiB > gpu.inventory().memoryMiB()) {
            return Optional.of(Reasons.tooLarge(slot.text(), gpu.inventory().memoryMiB()));
        }
        return gpu.refuses(memoryMiB, slot.cores(), slot);
    }

    private static Optional<Reason> reasonOf(SlotDemand slot, MigGpu gpu) {
        MigBoard board = gpu.board();
        int[] serving = board.serving(slot);
        if (serving.length == 0) {
            return Optional.of(notServed(slot, gpu));
        }
        int[] permitted = board.permitted(serving, gpu.counts());
        if (Arrays.stream(permitted).anyMatch(gpu::hasRoomFor)) {
            return Optional.empty();
        }
        return Optional.of(noRoom(slot, gpu, serving, permitted));
    }

    /** Full, or free units that would do if other instances lay elsewhere, or forbidden by the geometries. */
    private static Reason noRoom(SlotDemand slot, MigGpu gpu, int[] serving, int[] permitted) {
        MigBoard board = gpu.board();
        MigProfile smallest = board.profile(serving[0]).profile();
        if (gpu.isFull() || Arrays.stream(serving).noneMatch(i -> packs(gpu, i))) {
            return Reasons.noSlice(slot.text(), smallest);
        }
        if (Arrays.stream(permitted).anyMatch(i -> packs(gpu, i))) {
            return Reasons.fragmented(slot.text(), smallest);
        }
        return board.hasGeometries() ? Reasons.geometry(slot.text(), smallest) : Reasons.noSlice(slot.text(), smallest);
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
