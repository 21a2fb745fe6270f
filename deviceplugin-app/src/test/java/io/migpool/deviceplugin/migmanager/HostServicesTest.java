package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.host.Systemd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostServicesTest {

    private static final List<String> TWO = List.of("a.service", "b.service");

    /** A service manager in which every unit stands the same. */
    private static final class OneKind implements Systemd {

        final List<String> jobs = new ArrayList<>();
        private final Unit unit;

        OneKind(Unit unit) {
            this.unit = unit;
        }

        @Override
        public Unit unit(String name) {
            return unit;
        }

        @Override
        public void stop(String name) {
            jobs.add("stop " + name);
        }

        @Override
        public void start(String name) throws IOException {
            jobs.add("start " + name);
            if (unit.activeState().equals("failed")) {
                throw new IOException(name + " is failed");
            }
        }

        @Override
        public void reboot() {
            jobs.add("reboot");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "loaded,    active,     enabled,  simple,  true,  true",
        "loaded,    activating, enabled,  simple,  true,  true",
        "loaded,    active,     disabled, simple,  true,  true",
        "loaded,    inactive,   enabled,  simple,  true,  false",
        "loaded,    failed,     disabled, oneshot, true,  false",
        "loaded,    inactive,   disabled, simple,  false, false",
        "loaded,    inactive,   enabled,  oneshot, false, false",
        "not-found, inactive,   '',       '',      false, false",
        "masked,    inactive,   masked,   simple,  false, false",
    })
    void onlyWhatRunsOrShouldRunStepsAside(
            String load, String active, String file, String type, boolean stepsAside, boolean runs) throws Exception {
        Systemd systemd = new OneKind(new Systemd.Unit(load, active, file, type));

        assertThat(new HostServices(() -> TWO, systemd).toStop())
                .isEqualTo(
                        stepsAside
                                ? TWO.stream()
                                        .map(name -> new GpuClients.Service(name, runs))
                                        .toList()
                                : List.of());
    }

    @Test
    void theyComeBackInReverseOrderAndOneThatFailsKeepsNoneAway() {
        OneKind systemd = new OneKind(new Systemd.Unit("loaded", "failed", "enabled", "simple"));

        assertThat(new HostServices(() -> TWO, systemd).start(TWO))
                .isEqualTo(Map.of("a.service", "a.service is failed", "b.service", "b.service is failed"));
        assertThat(systemd.jobs).containsExactly("start b.service", "start a.service");
    }

    @Test
    void theFileOfTheGpuOperatorIsRead() throws Exception {
        assertThat(ClientsFile.read("here", "version: v1\nsystemd-services:\n  - nvsm.service\n  - dcgm.service\n"))
                .containsExactly("nvsm.service", "dcgm.service");
        assertThat(ClientsFile.read("here", "version: v1\n")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "'', version: v1",
        "'version: v2', version: v1",
        "'version: v1\nservices: []', services",
        "': :', malformed",
        "'version: v1\nsystemd-services: [nvsm.service, kubelet.service]', 'kubelet.service, under which the node agent itself runs'"
    })
    void aFileThatIsWrongIsToldWithItsPlace(String text, String told) {
        assertThatThrownBy(() -> ClientsFile.read("ConfigMap x", text))
                .isInstanceOf(MigSpecException.class)
                .hasMessageContaining("ConfigMap x")
                .hasMessageContaining(told);
    }

    @Test
    void aFileTakesThePlaceOfTheConfigMap(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("clients.yaml");
        HostServices.ServiceList list = ClientsFile.in(file);

        assertThatThrownBy(list::names).isInstanceOf(UnreachableException.class).hasMessageContaining(file.toString());
        Files.writeString(file, "version: v1\nsystemd-services: [nvsm.service]\n");
        assertThat(list.names()).containsExactly("nvsm.service");
    }
}
