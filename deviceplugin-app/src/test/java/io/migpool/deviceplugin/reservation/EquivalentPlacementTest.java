package io.migpool.deviceplugin.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.config.NodeDefaults;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.node.GpuOffer;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Where a blocked slice may go under the whole-GPU templates that HAMi's documents print. */
class EquivalentPlacementTest {

    private static final List<MigGeometry> PRINTED = List.of(
            geometry(Map.of("1g.10gb", 7)),
            geometry(Map.of("1g.10gb", 1, "2g.20gb", 3)),
            geometry(Map.of("3g.40gb", 2)),
            geometry(Map.of("7g.79gb", 1)));

    @Test
    void aWholeGpuGoesToAnotherOneWhateverTheTemplateCallsIt() throws GpuException {
        List<GpuInventory> gpus = twoA100();
        Slice blocked = slice(gpus.getFirst(), "7g.80gb", 0, 8);

        assertThat(under(PRINTED, gpus, List.of(slice(gpus.getFirst(), "1g.10gb", 0, 1)))
                        .of(blocked))
                .contains(slice(gpus.getLast(), "7g.80gb", 0, 8));
    }

    @Test
    void noPlaceIsFoundWhereNoTemplateHasOneMore() throws GpuException {
        List<GpuInventory> gpus = twoA100();
        List<MigGeometry> onlyWhole = List.of(geometry(Map.of("7g.79gb", 1)));

        assertThat(under(onlyWhole, gpus, List.of()).of(slice(gpus.getFirst(), "1g.10gb", 0, 1)))
                .isEmpty();
        assertThat(under(PRINTED, gpus, List.of(slice(gpus.getLast(), "1g.10gb", 6, 1)))
                        .of(slice(gpus.getFirst(), "3g.40gb", 4, 4)))
                .contains(slice(gpus.getFirst(), "3g.40gb", 0, 4));
    }

    @Test
    void namesThatMeanOneProfileAddUp() throws GpuException {
        List<GpuInventory> gpus = twoA100();
        List<MigGeometry> twice = List.of(geometry(Map.of("3g.39gb", 1, "3g.40gb", 1)));

        assertThat(under(twice, gpus, List.of(slice(gpus.getFirst(), "3g.40gb", 0, 4)))
                        .of(slice(gpus.getLast(), "3g.40gb", 4, 4)))
                .contains(slice(gpus.getLast(), "3g.40gb", 0, 4));
        assertThat(under(twice, gpus.subList(0, 1), List.of(slice(gpus.getFirst(), "3g.40gb", 0, 4)))
                        .of(slice(gpus.getLast(), "3g.40gb", 4, 4)))
                .contains(slice(gpus.getFirst(), "3g.40gb", 4, 4));
    }

    private static EquivalentPlacement under(
            List<MigGeometry> geometries, List<GpuInventory> gpus, List<Slice> reserved) {
        return new EquivalentPlacement(gpus, List.of(), reserved, _ -> true, _ -> geometries);
    }

    private static List<GpuInventory> twoA100() throws GpuException {
        try (SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A100-SXM4-80GB:2"));
                GpuDriver driver = machine.openDriver()) {
            return driver.gpus().stream()
                    .map(gpu -> new GpuOffer(gpu, GpuMode.MIG, NodeDefaults.DEFAULT, true).inventory(List.of()))
                    .toList();
        }
    }

    private static Slice slice(GpuInventory gpu, String profile, int start, int size) {
        return new Slice(gpu.uuid(), MigProfile.parse(profile), new Placement(start, size));
    }

    private static MigGeometry geometry(Map<String, Integer> counts) {
        TreeMap<MigProfile, Integer> parsed = new TreeMap<>();
        counts.forEach((name, count) -> parsed.put(MigProfile.parse(name), count));
        return new MigGeometry(parsed);
    }
}
