package io.migpool.testbed.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GpuStripTest {

    private static final MigProfile ONE = MigProfile.of(1, 10);
    private static final MigProfile SEVEN = MigProfile.of(7, 80);

    private final GpuStrip strip = new GpuStrip(new Terminal(new PrintStream(PrintStream.nullOutputStream()), false));

    @Test
    void aSliceIsDrawnOverAllItsUnitsWithItsPodsName() {
        String drawn = strip.draw(view(
                List.of(new Placement(2, 1)),
                List.of(new GpuInventory.IdleInstance(ONE, new Placement(3, 1))),
                new PoolView.Share("train", "3g.40gb", Optional.of(new Placement(4, 4)), 40320)));

        assertThat(drawn)
                .startsWith("  node-a       GPU 0 | ····· | ····· | ##### |~1g.10…|             train             |")
                .endsWith("mig, train 3g.40gb");
    }

    @Test
    void anIdleInstanceThatAPodTookIsDrawnAsThePods() {
        String drawn = strip.draw(view(
                List.of(),
                List.of(new GpuInventory.IdleInstance(ONE, new Placement(0, 1))),
                new PoolView.Share("small", "1g.10gb", Optional.of(new Placement(0, 1)), 9984)));

        assertThat(drawn).contains("| small |").doesNotContain("~");
    }

    private static PoolView.GpuView view(
            List<Placement> blocked, List<GpuInventory.IdleInstance> idle, PoolView.Share... shares) {
        List<Placement> starts =
                IntStream.range(0, 7).mapToObj(i -> new Placement(i, 1)).toList();
        GpuInventory gpu = new GpuInventory(
                "GPU-0",
                0,
                7,
                81920,
                100,
                "NVIDIA A100-SXM4-80GB",
                0,
                GpuMode.MIG,
                List.of(
                        new ProfileCapability(ONE, 9728, 15, 1, 7, starts),
                        new ProfileCapability(SEVEN, 80896, 100, 7, 1, List.of(new Placement(0, 8)))),
                true,
                blocked,
                idle);
        return new PoolView.GpuView("node-a", gpu, List.of(shares));
    }
}
