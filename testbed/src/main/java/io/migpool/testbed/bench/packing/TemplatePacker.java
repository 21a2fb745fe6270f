package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.load.Seat;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * HAMi up to 2.9: whole-GPU templates. A GPU without users takes the first template with a large enough entry; from
 * then on it serves only free entries of that template until it is idle again. It takes the fullest node and its
 * emptiest GPU. Only memory counts, so a request for 4g accepts 3g here, which the other rules do not.
 */
final class TemplatePacker implements Packer {

    private static List<List<RequestedProfile>> templates(Board board) {
        return switch (board) {
            case A100 ->
                List.of(
                        Collections.nCopies(7, RequestedProfile.G1),
                        List.of(RequestedProfile.G1, RequestedProfile.G2, RequestedProfile.G2, RequestedProfile.G2),
                        List.of(RequestedProfile.G3, RequestedProfile.G3),
                        List.of(RequestedProfile.G7));
            case A30, RTX_PRO ->
                board.profiles().reversed().stream()
                        .map(profile -> Collections.nCopies(profile.places(), profile))
                        .toList();
        };
    }

    /** A GPU's template and its entries in use. */
    private static final class Gpu {
        private List<RequestedProfile> template = List.of();
        private final List<Boolean> used = new ArrayList<>();

        boolean idle() {
            return !used.contains(true);
        }

        int entryFor(RequestedProfile profile) {
            for (int i = 0; i < template.size(); i++) {
                if (!used.get(i) && template.get(i).memoryMiB() >= profile.memoryMiB()) {
                    return i;
                }
            }
            return -1;
        }

        void cutFor(RequestedProfile profile) {
            template = templates(profile.board()).stream()
                    .filter(list -> list.stream().anyMatch(entry -> entry.memoryMiB() >= profile.memoryMiB()))
                    .findFirst()
                    .orElseThrow();
            used.clear();
            template.forEach(entry -> used.add(false));
        }
    }

    private final List<Gpu> gpus = new ArrayList<>();
    private final Pool nodes;
    private final HamiUsage usage;

    TemplatePacker(Board board, int gpuCount) {
        this.nodes = new Pool(board, gpuCount);
        this.usage = new HamiUsage(nodes);
        for (int i = 0; i < gpuCount; i++) {
            gpus.add(new Gpu());
        }
    }

    @Override
    public Optional<Seat> place(RequestedProfile profile) {
        int bestNode = -1;
        int bestGpu = -1;
        for (int node = 0; node < nodes.nodes(); node++) {
            int gpu = emptiestWithRoom(profile, node);
            if (gpu >= 0 && (bestNode < 0 || usage.ofNode(node) > usage.ofNode(bestNode))) {
                bestNode = node;
                bestGpu = gpu;
            }
        }
        if (bestGpu < 0) {
            return Optional.empty();
        }
        Gpu gpu = gpus.get(bestGpu);
        if (gpu.idle()) {
            gpu.cutFor(profile);
        }
        int entry = gpu.entryFor(profile);
        gpu.used.set(entry, true);
        usage.add(gpu.template.get(entry), bestGpu, 1);
        return Optional.of(new Seat(bestGpu, entry));
    }

    private int emptiestWithRoom(RequestedProfile profile, int node) {
        int best = -1;
        for (int gpu = nodes.firstGpu(node); gpu < nodes.endGpu(node); gpu++) {
            boolean room = gpus.get(gpu).idle() || gpus.get(gpu).entryFor(profile) >= 0;
            if (room && (best < 0 || usage.ofGpu(gpu) <= usage.ofGpu(best))) {
                best = gpu;
            }
        }
        return best;
    }

    /** The seat's start is the position in the template. */
    @Override
    public void leave(RequestedProfile profile, Seat seat) {
        Gpu gpu = gpus.get(seat.gpu());
        gpu.used.set(seat.start(), false);
        usage.add(gpu.template.get(seat.start()), seat.gpu(), -1);
    }

    @Override
    public OptionalDouble strandedUnits(Workload workload) {
        return OptionalDouble.empty();
    }
}
