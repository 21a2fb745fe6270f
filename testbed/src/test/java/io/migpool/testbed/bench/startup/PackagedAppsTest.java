package io.migpool.testbed.bench.startup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.app.PackagedApp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The jars as Maven packages them, started with {@code java -jar} as the README says; skipped where nothing is packaged. */
class PackagedAppsTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(names = {"EXTENDER", "ADMISSION"})
    void becomeReady(AppKind kind) throws Exception {
        PackagedApp app = new PackagedApp(kind, Path.of(".."));
        assumeTrue(app.isPackaged(), () -> kind + " is not packaged; run mvn package before this test");
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults())) {
            Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), api.kubeconfig());
            Map<String, String> settings = Map.of(
                    "migpool.kubernetes.kubeconfig",
                    kubeconfig.toString(),
                    "migpool.admission.tls.mode",
                    "self",
                    "server.host",
                    "127.0.0.1",
                    "server.port",
                    "0");

            try (AppProcess process = AppProcess.packaged(app, settings, "server.sockets.0.port", directory)) {
                assertThat(process.awaitReady()).isGreaterThan(Duration.ZERO);
            }
        }
    }
}
