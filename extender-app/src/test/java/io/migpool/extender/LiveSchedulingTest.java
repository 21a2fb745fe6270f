package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.helidon.config.mp.MpConfigSources;
import io.helidon.microprofile.server.ServerCdiExtension;
import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Scheduling follows changes of {@code device-config.yaml} while the application runs. */
@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "migpool.scheduling.node-policy", value = "spread")
class LiveSchedulingTest {

    private static final AppUnderTest APP = new AppUnderTest();
    private static final Path DIRECTORY = directory();

    @Inject
    private ServerCdiExtension server;

    @AddConfigSource
    static ConfigSource settings() throws IOException {
        Map<String, String> settings = new HashMap<>(APP.kubeconfig().getProperties());
        settings.put("migpool.config.source", "directory");
        settings.put("migpool.config.directory", DIRECTORY.toString());
        return MpConfigSources.create(settings);
    }

    private static Path directory() {
        try {
            Path directory = Files.createTempDirectory("settings");
            directory.toFile().deleteOnExit();
            return directory;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @AfterAll
    static void stop() {
        APP.close();
    }

    @BeforeEach
    void becomeReady() throws IOException {
        edit("nvidia: {}");
        APP.awaitReady(server);
    }

    @Test
    void theNextPodIsPlacedByThePolicyOfTheLastEdit() throws Exception {
        APP.cluster().put(KubernetesObjects.node("used", Boards.a10080("GPU-used", 0)));
        APP.cluster().put(KubernetesObjects.node("unused", Boards.a10080("GPU-unused", 0)));
        Pod running = APP.podAtServer("gpu", "1", "gpumem", "8000");
        await().until(() ->
                APP.post("/filter", APP.args(running, "used")).get("NodeNames").size() == 1);
        assertThat(APP.bind(running, "used")).isEmpty();
        Pod next = APP.podAtServer("gpu", "1", "gpumem", "8000");

        await("as the application's own setting says").until(() -> best(next).equals("unused"));
        edit("nvidia: {nodeSchedulerPolicy: binpack}");
        await().until(() -> best(next).equals("used"));
        edit("nvidia: {nodeSchedulerPolicy: spread}");
        await().until(() -> best(next).equals("unused"));
        edit("nvidia: {nodeSchedulerPolicy: binpakc}");
        await().until(() -> APP.get("/metrics").body().contains("migpool_config_valid{document=\"device-config\",} 0"));
        assertThat(best(next)).as("what makes no sense changes nothing").isEqualTo("unused");
        APP.cluster().delete(next);
        APP.cluster().delete(running);
    }

    @Test
    void aShorterHoldTimeConcernsPromisesThatStand() throws Exception {
        APP.cluster().put(KubernetesObjects.node("wanted", Boards.a10080("GPU-wanted", 0)));
        Pod promised = APP.podAtServer("gpu", "1", "gpumem", "80000");
        Pod other = APP.podAtServer("gpu", "1", "gpumem", "80000");
        await().until(() -> takes(promised));
        assertThat(takes(other)).isFalse();

        edit("nvidia: {holdTime: PT0S}");

        await().until(() -> takes(other));
        APP.cluster().delete(promised);
        APP.cluster().delete(other);
    }

    private static boolean takes(Pod pod) throws Exception {
        JsonNode names = APP.post("/filter", APP.args(pod, "wanted")).get("NodeNames");
        return names.size() == 1;
    }

    private static String best(Pod pod) throws Exception {
        APP.post("/filter", APP.args(pod, "used", "unused"));
        for (JsonNode score : APP.post("/prioritize", APP.args(pod, "used", "unused"))) {
            if (score.get("Score").asInt() == 10) {
                return score.get("Host").asText();
            }
        }
        return "";
    }

    /** Replaces the file atomically, as kubelet does. */
    private static void edit(String yaml) throws IOException {
        Path draft = Files.writeString(DIRECTORY.resolve("draft"), yaml);
        Files.move(
                draft,
                DIRECTORY.resolve("device-config.yaml"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }
}
