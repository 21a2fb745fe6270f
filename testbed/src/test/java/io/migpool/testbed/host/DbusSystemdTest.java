package io.migpool.testbed.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.deviceplugin.host.DbusSystemd;
import io.migpool.deviceplugin.host.Systemd.Unit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent's words over a real bus. */
class DbusSystemdTest {

    @TempDir
    Path directory;

    @Test
    void unitsAreReadStoppedAndStarted() throws IOException {
        try (HostBus host = HostBus.start(directory.resolve("bus"), () -> {})) {
            DbusSystemd systemd = new DbusSystemd(host.address(), InstantSource.system());
            host.run("dcgm.service");

            assertThat(systemd.unit("dcgm.service")).isEqualTo(new Unit("loaded", "active", "enabled", "simple"));
            assertThat(systemd.unit("nvsm.service").loadState()).isEqualTo("not-found");
            systemd.stop("dcgm.service");
            assertThat(host.isRunning("dcgm.service")).isFalse();
            systemd.start("dcgm.service");
            assertThat(host.isRunning("dcgm.service")).isTrue();
            assertThat(host.jobs()).containsExactly("stop dcgm.service", "start dcgm.service");
        }
    }

    @Test
    void aUnitThatDoesNotStartIsToldByName() throws IOException {
        try (HostBus host = HostBus.start(directory.resolve("bus"), () -> {})) {
            DbusSystemd systemd = new DbusSystemd(host.address(), InstantSource.system());

            assertThatThrownBy(() -> systemd.start("nvsm.service"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("nvsm.service");
        }
    }

    @Test
    void theMachineIsAskedToStartAnew() throws IOException {
        AtomicInteger reboots = new AtomicInteger();
        try (HostBus host = HostBus.start(directory.resolve("bus"), reboots::incrementAndGet)) {
            new DbusSystemd(host.address(), InstantSource.system()).reboot();

            assertThat(reboots).hasValue(1);
        }
    }

    @Test
    void withoutABusTheAddressIsTold() {
        DbusSystemd systemd = new DbusSystemd("unix:path=" + directory.resolve("none"), InstantSource.system());

        assertThatThrownBy(() -> systemd.unit("dcgm.service"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(directory.resolve("none").toString());
    }
}
