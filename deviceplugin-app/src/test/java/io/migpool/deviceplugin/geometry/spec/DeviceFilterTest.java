package io.migpool.deviceplugin.geometry.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.deviceplugin.geometry.Boards;
import io.migpool.deviceplugin.gpu.PciIdentity;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceFilterTest {

    @ParameterizedTest
    @CsvSource({
        "0x233010DE, 0x233010DE, 0x16C010DE, true",
        "0x233010de, 0x233010DE, 0, true",
        "0x233110DE, 0x233010DE, 0, false",
        "0x233010DE:0x16C010DE, 0x233010DE, 0x16C010DE, true",
        "0x233010DE:0x16C110DE, 0x233010DE, 0x16C010DE, false",
        "0x233010DE:0x16C110DE|0x233010DE:0x16C010DE, 0x233010DE, 0x16C010DE, true",
        "0x25B610DE:0x14A910DE, 0x25B610DE, 0, false",
        "0x25B610DE:0x0, 0x25B610DE, 0, true",
    })
    void aFilterMeansSomeBoards(String filters, long device, long subsystem, boolean matches) {
        List<DeviceFilter> listed = Boards.filters(filters.split("\\|", -1));

        assertThat(DeviceFilter.anyMatches(listed, new PciIdentity(device, subsystem)))
                .isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource({
        "0x233010DE:0x16C010DE:extra, it has 3 parts",
        "not-a-device-id, its device 'not-a-device-id' is not a number",
        "0x233010DE:x, its subsystem 'x' is not a number",
        "0x1233010DE, its device '0x1233010DE' is wider than 32 bits",
    })
    void aMalformedFilterIsNamed(String filter, String told) {
        assertThatThrownBy(() -> DeviceFilter.parse(filter))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(filter)
                .hasMessageContaining(told);
    }

    @ParameterizedTest
    @CsvSource({"0x25B610DE:0x14A910DE", "0x20B710DE"})
    void aFilterIsWrittenAsItIsRead(String filter) {
        assertThat(DeviceFilter.parse(filter)).hasToString(filter);
    }
}
