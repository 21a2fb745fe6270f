package io.migpool.deviceplugin.inject;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.instance.ClaimedDevice;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HamiCoreTest {

    @Test
    void limitsAreNumberedAsTheContainerNumbersItsDevices() {
        ClaimedDevice.Shared large = new ClaimedDevice.Shared("GPU-a", 40_000, 50);
        ClaimedDevice.Shared small = new ClaimedDevice.Shared("GPU-z", 10_000, 50);

        List<ClaimedDevice.Shared> numbered = HamiCore.numbered(List.of(large, small), Map.of("GPU-z", 0, "GPU-a", 1));

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
                Map.of("GPU-a", 0, "GPU-b", 1));

        assertThat(numbered)
                .containsExactly(
                        new ClaimedDevice.Shared("GPU-a", 3_000, 70), new ClaimedDevice.Shared("GPU-b", 7_000, 0));
    }
}
