package io.migpool.deviceplugin.inject;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import java.util.List;
import org.junit.jupiter.api.Test;

class HamiCoreTest {

    @Test
    void limitsAreNumberedAsTheContainerNumbersItsDevices() {
        ClaimedDevice.Shared large = new ClaimedDevice.Shared("GPU-a", 40_000, 50);
        ClaimedDevice.Shared small = new ClaimedDevice.Shared("GPU-z", 10_000, 50);

        List<ClaimedDevice.Shared> numbered =
                HamiCore.numbered(List.of(large, small), List.of(gpu("GPU-z", 0), gpu("GPU-a", 1)));

        assertThat(numbered).containsExactly(small, large);
    }

    @Test
    void sharesOfOneGpuAreOneDeviceToTheContainer() {
        List<ClaimedDevice.Shared> numbered = HamiCore.numbered(
                List.of(
                        new ClaimedDevice.Shared("GPU-a", 1_000, 30),
                        new ClaimedDevice.Shared("GPU-b", 3_000, 0),
                        new ClaimedDevice.Shared("GPU-a", 2_000, 40),
                        new ClaimedDevice.Shared("GPU-b", 4_000, 20)),
                List.of(gpu("GPU-a", 0), gpu("GPU-b", 1)));

        assertThat(numbered)
                .containsExactly(
                        new ClaimedDevice.Shared("GPU-a", 3_000, 70), new ClaimedDevice.Shared("GPU-b", 7_000, 0));
    }

    private static GpuInventory gpu(String uuid, int index) {
        return new GpuInventory(
                uuid, index, 10, 81_920, 100, "model", 0, GpuMode.HAMI_CORE, List.of(), true, List.of(), List.of());
    }
}
