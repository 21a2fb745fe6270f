package io.migpool.deviceplugin.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentSettingsTest {

    private static final String DBUS_ADDRESS = "migpool.mig-manager.dbus-address";

    @ParameterizedTest
    @ValueSource(
            strings = {"/run/dbus/system_bus_socket", "unix:", "unix:/run/dbus/system_bus_socket", "path=/run/dbus"})
    void anAddressOfTheBusWithoutSchemeOrPathIsRefusedAtTheStart(String address) {
        assertThatThrownBy(() -> AgentSettings.of(
                        DurationsTest.config(Map.of("migpool.node.name", "node-a", DBUS_ADDRESS, address))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(DBUS_ADDRESS + " is '" + address + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"unix:path=/run/dbus/system_bus_socket", "tcp:host=localhost,port=4711"})
    void anAddressOfTheBusIsTaken(String address) {
        AgentSettings settings =
                AgentSettings.of(DurationsTest.config(Map.of("migpool.node.name", "node-a", DBUS_ADDRESS, address)));

        assertThat(settings.migManager().dbusAddress()).isEqualTo(address);
    }

    @Test
    void theHostsSpecificationsCanBeLeftAside() {
        assertThat(AgentSettings.of(DurationsTest.config(
                                Map.of("migpool.node.name", "node-a", "migpool.cdi.driver-directories", "none")))
                        .inject()
                        .driver()
                        .specifications())
                .isEmpty();
    }
}
