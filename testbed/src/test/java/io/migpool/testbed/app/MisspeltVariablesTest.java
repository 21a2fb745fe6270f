package io.migpool.testbed.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.migpool.testbed.TestApi;
import io.migpool.testbed.docs.Repository;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each application says of environment variables when one manifest sets those of all three. */
class MisspeltVariablesTest {

    private static final Pattern SUGGESTION = Pattern.compile("variable (\\w+) is ignored.* did you mean (\\w+)\\?");

    /** The first is meant for all applications, the next three for one each; the last two are kubelet's. */
    private static final Map<String, String> VARIABLES = Map.of(
            "MIGPOOL_CONFIG_NAMESPACES", "pool",
            "MIGPOOL_EXTENDER_HOLDTIME", "PT1M",
            "MIGPOOL_ADMISSION_TLS_MODUS", "self",
            "MIGPOOL_INSTANCE_IDLETTL", "PT1M",
            "MIGPOOL_ADMISSION_SERVICE_HOST", "10.0.0.1",
            "MIGPOOL_EXTENDER_PORT_9395_TCP_ADDR", "10.0.0.2");

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "EXTENDER,MIGPOOL_EXTENDER_HOLDTIME,MIGPOOL_EXTENDER_HOLD_TIME",
        "ADMISSION,MIGPOOL_ADMISSION_TLS_MODUS,MIGPOOL_ADMISSION_TLS_MODE",
        "DEVICE_PLUGIN,MIGPOOL_INSTANCE_IDLETTL,MIGPOOL_INSTANCE_IDLE_TTL"
    })
    void theLogNamesOwnOnesAndTheNearestKeyButNoneOfTheOthers(AppKind kind, String misspelt, String meant)
            throws Exception {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.keySet().removeIf(name -> name.startsWith("MIGPOOL_"));
        environment.putAll(settingsOfOthersThan(kind));
        environment.putAll(VARIABLES);
        try (TestApi api = new TestApi()) {
            Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), api.kubeconfig());
            Map<String, String> settings = Map.of(
                    "migpool.kubernetes.kubeconfig", kubeconfig.toString(),
                    "migpool.config.source", "none",
                    "migpool.admission.tls.mode", "self",
                    "migpool.node.name", "node-a",
                    "migpool.gpu.driver", "simulated",
                    "migpool.simulated.boards", "NVIDIA H200:1",
                    "migpool.state.directory", directory.resolve("state").toString(),
                    "server.sockets.0.port", "0");
            try (AppProcess app =
                    AppProcess.start(kind, settings, "server.port", environment, directory.resolve("app"))) {
                await("it has named its variable").atMost(Duration.ofMinutes(2)).until(() -> app.log()
                        .contains(misspelt));
                app.kill();

                assertThat(SUGGESTION.matcher(app.log()).results())
                        .extracting(found -> found.group(1), found -> found.group(2))
                        .containsExactlyInAnyOrder(
                                tuple(misspelt, meant), tuple("MIGPOOL_CONFIG_NAMESPACES", "MIGPOOL_CONFIG_NAMESPACE"));
                assertThat(Pattern.compile("is ignored")
                                .matcher(app.log())
                                .results()
                                .map(MatchResult::group))
                        .hasSize(2);
            }
        }
    }

    private static Map<String, String> settingsOfOthersThan(AppKind kind) throws IOException {
        Map<String, String> settings = new HashMap<>();
        for (AppKind other : AppKind.values()) {
            settings.putAll(settingsOf(other));
        }
        settings.keySet().removeAll(settingsOf(kind).keySet());
        return settings;
    }

    private static Map<String, String> settingsOf(AppKind kind) throws IOException {
        Properties properties = new Properties();
        properties.load(new StringReader(Repository.text(Repository.ROOT.resolve(
                kind.artifact() + "/src/main/resources/META-INF/microprofile-config.properties"))));
        Map<String, String> settings = new HashMap<>();
        properties.stringPropertyNames().stream()
                .filter(key -> key.startsWith("migpool."))
                .forEach(key -> settings.put(
                        key.replaceAll("[^a-z0-9]", "_").toUpperCase(Locale.ROOT), properties.getProperty(key)));
        return settings;
    }
}
