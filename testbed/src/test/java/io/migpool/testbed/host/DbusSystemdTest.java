package io.migpool.testbed.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.host.DbusSystemd;
import io.migpool.deviceplugin.host.Systemd.Unit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent's calls over a real bus. */
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
    void aServiceThatTakesItsTimeIsWaitedFor() throws Exception {
        try (HostBus host = HostBus.start(directory.resolve("bus"), () -> {});
                ExecutorService agent = Executors.newVirtualThreadPerTaskExecutor()) {
            DbusSystemd systemd = new DbusSystemd(host.address(), InstantSource.system());
            host.run("dcgm.service");
            HostBus.SlowJob job = host.slowDown("dcgm.service");

            Future<?> stopped = agent.submit(() -> {
                systemd.stop("dcgm.service");
                return null;
            });

            await().until(() -> job.looks() > 1);
            assertThat(stopped.isDone()).isFalse();
            job.end("inactive");
            stopped.get(1, TimeUnit.MINUTES);
        }
    }

    @Test
    void aServiceThatDoesNotEndIsGivenUp() throws IOException {
        try (HostBus host = HostBus.start(directory.resolve("bus"), () -> {})) {
            AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
            DbusSystemd systemd = new DbusSystemd(host.address(), () -> now.updateAndGet(time -> time.plusSeconds(50)));
            host.run("dcgm.service");
            host.slowDown("dcgm.service");

            assertThatThrownBy(() -> systemd.stop("dcgm.service"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("dcgm.service has not changed after PT1M30S");
        }
    }

    @Test
    void aServiceThatRunsAfterItsStopIsTold() throws Exception {
        try (HostBus host = HostBus.start(directory.resolve("bus"), () -> {});
                ExecutorService agent = Executors.newVirtualThreadPerTaskExecutor()) {
            DbusSystemd systemd = new DbusSystemd(host.address(), InstantSource.system());
            host.run("dcgm.service");
            HostBus.SlowJob job = host.slowDown("dcgm.service");
            Future<?> stopped = agent.submit(() -> {
                systemd.stop("dcgm.service");
                return null;
            });
            await().until(() -> job.looks() > 0);

            job.end("active");

            assertThatThrownBy(() -> stopped.get(1, TimeUnit.MINUTES))
                    .hasCauseInstanceOf(IOException.class)
                    .hasMessageContaining("dcgm.service is active");
        }
    }

    @Test
    void anAddressThatIsNoneIsAFailureOfTheCall() {
        DbusSystemd systemd = new DbusSystemd("/run/dbus/system_bus_socket", InstantSource.system());

        assertThatThrownBy(() -> systemd.unit("dcgm.service"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/run/dbus/system_bus_socket");
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
