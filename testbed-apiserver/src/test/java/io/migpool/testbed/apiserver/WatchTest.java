package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.testbed.apiserver.model.Json;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WatchTest {
    private static final String PODS = "/api/v1/pods?watch=true";
    private final ClusterFixture cluster =
            new ClusterFixture(ApiServerOptions.defaults().withHistoryLimit(5));

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void aWatchWithoutAVersionBeginsWithWhatIsThere() throws Exception {
        cluster.create(pod("early").build());
        try (RawWatch watch = new RawWatch(cluster.server, PODS)) {
            cluster.create(pod("late").build());
            cluster.client.pods().withName("early").delete();

            await().untilAsserted(() -> assertThat(watch.names())
                    .containsExactly("ADDED early", "ADDED late", "MODIFIED early", "DELETED early"));
        }
    }

    @Test
    void aWatchResumesAfterTheVersionItNames() throws Exception {
        Pod first = cluster.create(pod("first").build());
        cluster.create(pod("second").build());

        try (RawWatch watch = new RawWatch(
                cluster.server, PODS + "&resourceVersion=" + first.getMetadata().getResourceVersion())) {
            await().untilAsserted(() -> assertThat(watch.names()).containsExactly("ADDED second"));
        }
    }

    @Test
    void aDeletionIsSeenUnderItsOwnVersion() throws Exception {
        Pod pod = cluster.create(pod("gone").build());
        try (RawWatch watch = new RawWatch(cluster.server, PODS)) {
            cluster.client.resource(pod).delete();
            await().until(() -> watch.events().size() == 3);

            assertThat(watch.events().stream()
                            .map(event -> Json.text(event, "object", "metadata", "resourceVersion"))
                            .map(Long::valueOf))
                    .startsWith(Long.valueOf(pod.getMetadata().getResourceVersion()))
                    .isSorted()
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void aWatchFromBeforeTheHistoryGetsGone() throws Exception {
        for (int i = 0; i < 10; i++) {
            cluster.create(pod("p" + i).build());
        }
        try (RawWatch watch = new RawWatch(cluster.server, PODS + "&resourceVersion=1")) {
            await().until(watch::ended);

            assertThat(watch.events()).hasSize(1);
            JsonNode event = watch.events().getFirst();
            assertThat(Json.text(event, "type")).isEqualTo("ERROR");
            assertThat(Json.number(event, 0, "object", "code")).isEqualTo(410);
            assertThat(Json.text(event, "object", "reason")).isEqualTo("Expired");
        }
    }

    @Test
    void whoEntersOrLeavesASelectionIsAddedOrDeletedForItsWatcher() throws Exception {
        Pod pod = cluster.create(pod("moving").build());
        try (RawWatch watch = new RawWatch(cluster.server, PODS + "&fieldSelector=spec.nodeName%3Dnode-a");
                RawWatch labelled = new RawWatch(cluster.server, PODS + "&labelSelector=on%3Dyes")) {
            cluster.bind(pod, "node-a", Map.of());
            cluster.client.pods().withName("moving").edit(old -> {
                old.getMetadata().setLabels(Map.of("on", "yes"));
                return old;
            });
            cluster.client.pods().withName("moving").edit(old -> {
                old.getMetadata().setLabels(Map.of("on", "no"));
                return old;
            });

            await().untilAsserted(() ->
                    assertThat(watch.names()).containsExactly("ADDED moving", "MODIFIED moving", "MODIFIED moving"));
            await().untilAsserted(() -> assertThat(labelled.names()).containsExactly("ADDED moving", "DELETED moving"));
            assertThat(Json.text(labelled.events().getLast(), "object", "metadata", "labels", "on"))
                    .isEqualTo("yes");
        }
    }

    @Test
    void aWatchInANamespaceSeesThatNamespaceOnly() throws Exception {
        try (RawWatch watch = new RawWatch(cluster.server, "/api/v1/namespaces/kube-system/pods?watch=1")) {
            cluster.create(pod("elsewhere").build());
            cluster.create(pod("here")
                    .editMetadata()
                    .withNamespace("kube-system")
                    .endMetadata()
                    .build());

            await().untilAsserted(() -> assertThat(watch.names()).containsExactly("ADDED here"));
        }
    }

    @Test
    void bookmarksCarryAQuietWatcherForward() throws Exception {
        try (RawWatch watch = new RawWatch(cluster.server, PODS + "&allowWatchBookmarks=true")) {
            for (int i = 0; i < 3; i++) {
                cluster.client
                        .resource(new ConfigMapBuilder()
                                .withNewMetadata()
                                .withName("other-" + i)
                                .endMetadata()
                                .build())
                        .create();
            }
            await().atMost(Duration.ofSeconds(60)).until(() -> !watch.events().isEmpty());

            JsonNode bookmark = watch.events().getFirst();
            assertThat(Json.text(bookmark, "type")).isEqualTo("BOOKMARK");
            assertThat(Json.text(bookmark, "object", "kind")).isEqualTo("Pod");
            String version = Json.text(bookmark, "object", "metadata", "resourceVersion");
            cluster.create(pod("after").build());
            try (RawWatch resumed = new RawWatch(cluster.server, PODS + "&resourceVersion=" + version)) {
                await().untilAsserted(() -> assertThat(resumed.names()).containsExactly("ADDED after"));
            }
        }
    }

    @Test
    void aWatchEndsAfterItsTime() throws Exception {
        try (RawWatch watch = new RawWatch(cluster.server, PODS + "&timeoutSeconds=1")) {
            await().until(watch::ended);
            assertThat(watch.events()).isEmpty();
        }
    }

    @Test
    void anUpdateThatChangesNothingIsNoEvent() throws Exception {
        Pod pod = cluster.create(pod("still").build());
        try (RawWatch watch = new RawWatch(cluster.server, PODS)) {
            cluster.client.resource(pod).update();
            cluster.create(pod("marker").build());

            await().untilAsserted(() -> assertThat(watch.names()).containsExactly("ADDED still", "ADDED marker"));
        }
    }

    /** Anything else costs each of many watchers a wake-up more. */
    @Test
    void anEventIsOneChunk() throws Exception {
        URI server = cluster.server.uri();
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(("GET " + PODS + " HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer "
                                    + cluster.server.token("default", "watcher") + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (!line(in).isEmpty()) {
                // Headers, then the blank.
            }
            assertThat(chunk(in)).isBlank();
            cluster.create(pod("big")
                    .editMetadata()
                    .addToAnnotations("text", "x".repeat(9000))
                    .endMetadata()
                    .build());

            assertThat(Json.text(Json.parse(chunk(in)), "object", "metadata", "name"))
                    .isEqualTo("big");
        }
    }

    private static String chunk(DataInputStream in) throws IOException {
        byte[] chunk = new byte[Integer.parseInt(line(in), 16)];
        in.readFully(chunk);
        assertThat(line(in)).isEmpty();
        return new String(chunk, StandardCharsets.UTF_8);
    }

    private static String line(DataInputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (char c = (char) in.readByte(); c != '\n'; c = (char) in.readByte()) {
            line.append(c);
        }
        return line.toString().strip();
    }
}
