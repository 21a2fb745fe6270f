package io.migpool.extender.placement;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.extender.Boards;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.MigRules;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.SharedGpu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Node views for tests. */
final class Pool {

    static final Planner PLANNER = new Planner(new FirstFit());

    private Pool() {}

    static NodeView node(GpuInventory... gpus) {
        return node(MigRules.UNRESTRICTED, gpus);
    }

    static NodeView node(MigRules rules, GpuInventory... gpus) {
        List<GpuView> views = new ArrayList<>();
        for (GpuInventory gpu : gpus) {
            views.add(
                    gpu.mode() == GpuMode.MIG
                            ? MigGpu.empty(gpu, false, new MigBoard(gpu, rules))
                            : SharedGpu.empty(gpu, false));
        }
        return Boards.node("node", views, null);
    }

    /** Returns the node with this instance of some pod on it. */
    static NodeView with(NodeView node, String gpu, String profile, int start, int size) {
        return node.plus(new PodOccupancy(
                "node", List.of(new DevicePart.MigSlice(gpu, MigProfile.parse(profile), new Placement(start, size)))));
    }

    /** Returns a geometry given as {@code "1g.5gb", 1, "2g.10gb", 3}. */
    static MigGeometry geometry(Object... counts) {
        TreeMap<MigProfile, Integer> geometry = new TreeMap<>();
        for (int i = 0; i < counts.length; i += 2) {
            geometry.put(MigProfile.parse((String) counts[i]), (Integer) counts[i + 1]);
        }
        return new MigGeometry(geometry);
    }

    static MigRules geometries(MigGeometry... geometries) {
        return new MigRules(Arrays.asList(geometries), null);
    }

    /** Returns where the pod goes, as {@code gpu profile@start:size} or {@code gpu MiB/cores}, per container. */
    static List<List<String>> placed(PodDemand pod, NodeView node) {
        PlanOutcome outcome = PLANNER.plan(pod, node);
        if (!(outcome instanceof PlanOutcome.Fits fits)) {
            throw new AssertionError("does not fit: " + outcome);
        }
        return fits.plan().containers().stream()
                .map(devices -> devices.stream()
                        .map(device -> switch (device.part()) {
                            case DevicePart.MigSlice(var gpu, var profile, var placement) ->
                                "%s %s@%s".formatted(gpu, profile, placement);
                            case DevicePart.SoftwareShare(var gpu, var memory, var cores) ->
                                "%s %d/%d".formatted(gpu, memory, cores);
                            case DevicePart.UnplacedMigSlice unplaced ->
                                throw new AssertionError("planned without a place: " + unplaced);
                        })
                        .toList())
                .toList();
    }

    /** Returns where the only device of the pod goes. */
    static String placedOne(PodDemand pod, NodeView node) {
        return placed(pod, node).getFirst().getFirst();
    }

    /** Returns the reason that stands for the node. */
    static Reason refused(PodDemand pod, NodeView node) {
        PlanOutcome outcome = PLANNER.plan(pod, node);
        if (!(outcome instanceof PlanOutcome.DoesNotFit refusal)) {
            throw new AssertionError("fits: " + outcome);
        }
        return refusal.reason();
    }

    static NodeView after(PodDemand pod, NodeView node) {
        return node.plus(((PlanOutcome.Fits) PLANNER.plan(pod, node)).plan().occupancy());
    }

    static Map<String, String> constraint(String key, String value) {
        return Map.of(key, value);
    }
}
