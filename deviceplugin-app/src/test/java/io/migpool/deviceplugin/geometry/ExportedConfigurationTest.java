package io.migpool.deviceplugin.geometry;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.ExportedConfiguration.GpuState;
import io.migpool.deviceplugin.geometry.spec.DeviceFilter;
import io.migpool.deviceplugin.geometry.spec.DeviceSelection;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExportedConfigurationTest {

    @ParameterizedTest
    @CsvSource({
        "A0off, '[] all off'",
        "A0off A1off, '[] all off'",
        "A0off A1on, '[] [0] off; [] [1] on'",
        "A0off B1off, '[] all off'",
        "A0off A1off B2on B3on, '[A] all off; [B] all on'",
        "A0off A1on B2off B3on, '[A, B] [0, 2] off; [A, B] [1, 3] on'",
    })
    void whatIsTheSameIsSaidOnce(String gpus, String entries) {
        List<GpuState> states = Arrays.stream(gpus.split(" ", -1))
                .map(gpu -> new GpuState(
                        DeviceFilter.parse("0x" + gpu.substring(0, 1)),
                        gpu.charAt(1) - '0',
                        gpu.endsWith("on"),
                        Map.of()))
                .toList();

        assertThat(ExportedConfiguration.merge(states).stream()
                        .map(ExportedConfigurationTest::said)
                        .collect(Collectors.joining("; ")))
                .isEqualTo(entries);
    }

    private static String said(MigSpecEntry entry) {
        String devices =
                switch (entry.devices()) {
                    case DeviceSelection.All() -> "all";
                    case DeviceSelection.Indices(List<Integer> indices) -> indices.toString();
                };
        return "%s %s %s"
                .formatted(
                        entry.filters().stream()
                                .map(filter -> "%X".formatted(filter.device()))
                                .toList(),
                        devices,
                        entry.migEnabled() ? "on" : "off");
    }
}
