package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.BoardStates;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.SharedGpu;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** What the policies place of the same arrivals on 12 nodes with 8 GPUs: fixed samples, so their margins are fixed, too. */
class SteadyArrivalsTest {

    private static final int NODES = 12;
    private static final int GPUS = 8;
    private static final int RUNS = 4;

    private static List<NodeView> nodes(BiFunction<String, Integer, GpuInventory> gpu, MigBoard board) {
        List<NodeView> nodes = new ArrayList<>();
        for (int node = 0; node < NODES; node++) {
            List<GpuView> gpus = new ArrayList<>();
            for (int i = 0; i < GPUS; i++) {
                GpuInventory inventory = gpu.apply("g" + node + "-" + i, i);
                gpus.add(
                        inventory.mode() == GpuMode.MIG
                                ? MigGpu.empty(inventory, false, board)
                                : SharedGpu.empty(inventory, false));
            }
            nodes.add(Boards.node("n%02d".formatted(node), gpus, null));
        }
        return nodes;
    }

    @Test
    void sharesFillTheGpusOfTheWholeClusterBetterThanThoseOfOneNodeAfterAnother() {
        SteadyArrivals arrivals = new SteadyArrivals(
                nodes((uuid, index) -> Boards.shared(uuid, index, 10, 81_920), BoardStates.geometries()),
                NODES * GPUS * 100,
                List.of(
                        new SteadyArrivals.Kind(.4, 10, Demands.percent(10)),
                        new SteadyArrivals.Kind(.3, 25, Demands.percent(25)),
                        new SteadyArrivals.Kind(.2, 50, Demands.percent(50)),
                        new SteadyArrivals.Kind(.1, 100, Demands.percent(100))));

        assertThat(arrivals.accepted("fragmentation", "fragmentation", RUNS))
                .isGreaterThan(arrivals.accepted("binpack", "binpack", RUNS) + 3);
    }

    @Test
    void withinGeometriesTheDefaultPlacesMoreThanTheFullestOrTheFirstGpu() {
        SteadyArrivals arrivals = new SteadyArrivals(
                nodes(Boards::a10080, BoardStates.geometries()),
                NODES * GPUS * 8,
                List.of(
                        new SteadyArrivals.Kind(.4, 1, Demands.mib(9000)),
                        new SteadyArrivals.Kind(.3, 2, Demands.mib(19_000)),
                        new SteadyArrivals.Kind(.2, 4, Demands.mib(40_000)),
                        new SteadyArrivals.Kind(
                                .1,
                                8,
                                Demands.pod()
                                        .app(1, new MemoryRequest.WholeGpu())
                                        .demand())));

        double byDefault = arrivals.accepted("fragmentation", "fragmentation", RUNS);
        for (String other : List.of("binpack", "first-fit")) {
            assertThat(byDefault).as(other).isGreaterThan(arrivals.accepted("fragmentation", other, RUNS) + 0.3);
        }
    }
}
