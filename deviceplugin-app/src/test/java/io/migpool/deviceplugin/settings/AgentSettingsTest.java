package io.migpool.deviceplugin.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.deviceplugin.inject.DriverFiles;
import io.migpool.deviceplugin.migmanager.MigManagerSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentSettingsTest {

    private static final String DBUS_ADDRESS = "migpool.mig-manager.dbus-address";

    @ParameterizedTest
    @ValueSource(
            strings = {"/run/dbus/system_bus_socket", "unix:", "unix:/run/dbus/system_bus_socket", "path=/run/dbus"})
    void anAddressOfTheBusWithoutSchemeOrPathIsRefusedAtTheStart(String address) {
        assertThatThrownBy(() ->
                        AgentSettings.of(AgentConfig.of(Map.of("migpool.node.name", "node-a", DBUS_ADDRESS, address))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(DBUS_ADDRESS + " is '" + address + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"unix:path=/run/dbus/system_bus_socket", "tcp:host=localhost,port=4711"})
    void anAddressOfTheBusIsTaken(String address) {
        AgentSettings settings =
                AgentSettings.of(AgentConfig.of(Map.of("migpool.node.name", "node-a", DBUS_ADDRESS, address)));

        assertThat(settings.migManager().dbusAddress()).isEqualTo(address);
    }

    @Test
    void theLockOfContainersLiesOnTheDiskBesideTheLibrary() {
        assertThat(AgentSettings.of(AgentConfig.of(Map.of("migpool.node.name", "node-a")))
                        .inject()
                        .lockDirectory())
                .isEqualTo(Path.of("/usr/local/vgpu/lock"));
        assertThat(AgentSettings.of(AgentConfig.of(Map.of("migpool.node.name", "node-a", "HOOK_PATH", "/opt/hami")))
                        .inject()
                        .lockDirectory())
                .isEqualTo(Path.of("/opt/hami/vgpu/lock"));
    }

    @Test
    void theHostsSpecificationsCanBeLeftAside() {
        assertThat(AgentSettings.of(AgentConfig.of(
                                Map.of("migpool.node.name", "node-a", "migpool.cdi.driver-directories", "none")))
                        .inject()
                        .driver()
                        .specifications())
                .isEmpty();
    }

    @Test
    void theSpecificationOfTheGpuOperatorIsGeneratedOnlyIfAskedForByTheNamesOfMigManager() {
        assertThat(AgentSettings.of(AgentConfig.of(Map.of("migpool.node.name", "node-a")))
                        .migManager()
                        .cdi())
                .isEmpty();
        assertThat(AgentSettings.of(AgentConfig.of(Map.of(
                                "migpool.node.name", "node-a",
                                "CDI_ENABLED", "true",
                                "NVIDIA_DRIVER_ROOT", "/run/nvidia/driver",
                                "NVIDIA_CDI_HOOK_PATH", "/usr/local/nvidia/toolkit/nvidia-cdi-hook")))
                        .migManager()
                        .cdi())
                .hasValueSatisfying(cdi -> {
                    assertThat(cdi.hostRoot()).isEqualTo(Path.of("/proc/1/root"));
                    assertThat(cdi.driverRoot()).contains(Path.of("/run/nvidia/driver"));
                    assertThat(cdi.devRoot()).isEmpty();
                    assertThat(cdi.hook()).contains(Path.of("/usr/local/nvidia/toolkit/nvidia-cdi-hook"));
                    assertThat(cdi.programs()).startsWith(Path.of("/usr/local/nvidia/toolkit"));
                    assertThat(cdi.directory()).isEqualTo(Path.of("/var/run/cdi"));
                });
    }

    @ParameterizedTest
    @CsvSource({
        "NVIDIA_DRIVER_ROOT, driver-root, run/nvidia/driver",
        "NVIDIA_DEV_ROOT, dev-root, dev",
        "NVIDIA_CDI_HOOK_PATH, cdi-hook-path, nvidia-cdi-hook",
        "HOST_ROOT_MOUNT, host-root, host",
        "migpool.mig-manager.program-directories, program-directories, usr/bin",
        "migpool.mig-manager.program-directories, program-directories, ''",
        "migpool.mig-manager.program-directories, program-directories, '/usr/bin,'"
    })
    void aPlaceForTheSpecificationThatIsNoneOfTheHostIsRefusedAtTheStart(String name, String key, String value) {
        Config config = AgentConfig.of(Map.of("migpool.node.name", "node-a", "CDI_ENABLED", "true", name, value));

        assertThatThrownBy(() -> AgentSettings.of(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("migpool.mig-manager.%s is '%s'; expected ", key, value)
                .hasMessageContaining("absolute path");
    }

    @ParameterizedTest
    @CsvSource({"1, true", "T, true", "True, true", "0, false", "f, false", "FALSE, false"})
    void theVariablesOfMigManagerAreTrueAndFalseInTheWordsOfGo(String word, boolean meant) {
        MigManagerSettings settings = AgentSettings.of(AgentConfig.of(Map.of(
                        "migpool.node.name", "node-a",
                        "WITH_REBOOT", word,
                        "WITH_SHUTDOWN_HOST_GPU_CLIENTS", word,
                        "CDI_ENABLED", word)))
                .migManager();

        assertThat(settings.permissions().reboots()).isEqualTo(meant);
        assertThat(settings.permissions().stopsHostServices()).isEqualTo(meant);
        assertThat(settings.cdi().isPresent()).isEqualTo(meant);
    }

    @Test
    void withoutTheNodesNameThereIsNoStart() {
        assertThatThrownBy(() -> AgentSettings.of(AgentConfig.of(Map.of("migpool.node.name", " "))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("migpool.node.name is ''; expected this node's name")
                .hasMessageContaining("NODE_NAME");
    }

    @Test
    void everyOtherSettingHasADefault() {
        AgentSettings settings = AgentSettings.of(AgentConfig.of(Map.of("migpool.node.name", "node-a")));

        assertThat(settings.inject().driver())
                .isEqualTo(new DriverFiles(List.of(Path.of("/etc/cdi"), Path.of("/var/run/cdi")), Path.of("/proc")));
        assertThat(settings.legacyMetrics()).isTrue();
        assertThat(settings.migManager().sources().configFile()).isEmpty();
    }
}
