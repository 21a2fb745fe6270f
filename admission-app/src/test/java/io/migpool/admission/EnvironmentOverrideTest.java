package io.migpool.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The application as a process of its own, with real environment variables: any individual key can be overridden. */
class EnvironmentOverrideTest {

    private static final Pattern BOUND = Pattern.compile(":(\\d+) bound for socket 'admin'");
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private Optional<Process> running = Optional.empty();

    @AfterEach
    void stop() throws InterruptedException {
        Process process = running.orElseThrow();
        process.destroy();
        assertThat(process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @Timeout(120)
    void variablesOverrideDocumentsAndDefaultsKeyByKey() throws Exception {
        Files.writeString(
                directory.resolve("device-config.yaml"),
                "nvidia: {defaultGPUNum: 1, defaultCores: 5, knownMigGeometries: [{models: [A30], allowedGeometries:"
                        + " [[{name: 1g.6gb, count: 4}]]}]}");
        Files.writeString(
                directory.resolve("config.json"),
                "{\"nodeconfig\": [{\"name\": \"node-a\", \"operatingmode\": \"mig\"}]}");

        JsonNode config = config(start(Map.of(
                "DEVICE_CONFIG_NVIDIA_DEFAULTGPUNUM", "2",
                "DEVICE_CONFIG_NVIDIA_MEMORYFACTOR", "1024",
                "DEVICE_CONFIG_NVIDIA_KNOWNMIGGEOMETRIES_0_ALLOWEDGEOMETRIES_0_0_COUNT", "3",
                "NODE_CONFIG_NODECONFIG_0_OPERATINGMODE", "hami-core",
                "MIGPOOL_ADMISSION_SCHEDULER_NAME", "another-scheduler")));

        assertThat(value(config, "device-config.nvidia.defaultGPUNum")).isEqualTo("2");
        assertThat(value(config, "device-config.nvidia.memoryFactor")).isEqualTo("1024");
        assertThat(value(config, "device-config.nvidia.knownMigGeometries.0.allowedGeometries.0.0.count"))
                .isEqualTo("3");
        assertThat(value(config, "node-config.nodeconfig.0.operatingmode")).isEqualTo("hami-core");
        assertThat(value(config, "migpool.admission.scheduler-name")).isEqualTo("another-scheduler");
        assertThat(setting(config, "device-config.nvidia.defaultGPUNum")
                        .path("source")
                        .asText())
                .containsIgnoringCase("environment");
        JsonNode untouched = setting(config, "device-config.nvidia.defaultCores");
        assertThat(untouched.path("value").asText()).isEqualTo("5");
        assertThat(untouched.path("source").asText()).startsWith("device-config.yaml line 1");
        assertThat(config.path("documents")).hasSize(2).allSatisfy(document -> assertThat(
                        document.path("state").asText())
                .isEqualTo("VALID"));
    }

    /** Starts the application and returns the port of its admin socket. */
    private int start(Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                AdmissionMain.class.getName());
        builder.environment().putAll(environment);
        builder.environment()
                .putAll(Map.of(
                        "SERVER_HOST", "127.0.0.1",
                        "SERVER_PORT", "0",
                        "SERVER_SOCKETS_0_HOST", "127.0.0.1",
                        "SERVER_SOCKETS_0_PORT", "0",
                        "MIGPOOL_CONFIG_SOURCE", "directory",
                        "MIGPOOL_CONFIG_DIRECTORY", directory.toString(),
                        "MIGPOOL_ADMISSION_TLS_DIRECTORY", directory.toString()));
        Process process = builder.redirectErrorStream(true).start();
        running = Optional.of(process);
        StringBuilder log = new StringBuilder();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            log.append(line).append('\n');
            Matcher bound = BOUND.matcher(line);
            if (bound.find()) {
                return Integer.parseInt(bound.group(1));
            }
        }
        throw new AssertionError("the application ended: " + log);
    }

    private static JsonNode config(int port) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/config"))
                    .timeout(TIMEOUT)
                    .build();
            String body = client.send(request, BodyHandlers.ofString()).body();
            return JsonMapper.builder().build().readTree(body);
        }
    }

    private static String value(JsonNode config, String key) {
        return setting(config, key).path("value").asText();
    }

    private static JsonNode setting(JsonNode config, String key) {
        for (JsonNode setting : config.path("settings")) {
            if (setting.path("key").asText().equals(key)) {
                return setting;
            }
        }
        throw new AssertionError(key + " is not in " + config);
    }
}
