package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.extender.FakeApiServer;
import io.migpool.extender.Objects;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.reservation.BindingPort.Attempt;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bindings over HTTP. */
class ApiServerBindingsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration FAR_LONGER = Duration.ofMinutes(10);

    @TempDir
    Path directory;

    /** The replica that leads next reckons with the end of it. */
    @Test
    void anAttemptEndsWithItsOwnTimeOutAndNotWithThatOfTheClient() throws Exception {
        try (FakeApiServer api = new FakeApiServer();
                KubernetesClient client = client(api)) {
            Pod pod = Objects.pod("p", "gpu", "1");
            api.put(pod);
            ApiServerBindings bindings = new ApiServerBindings(client, Duration.ofMillis(500));
            var _ = api.loseNextBinding();

            Attempt lost = assertTimeoutPreemptively(PATIENCE, () -> bind(bindings, pod));

            assertThat(lost).isInstanceOf(Attempt.Unclear.class);
        }
    }

    @Test
    void answersAreToldApart() throws Exception {
        try (FakeApiServer api = new FakeApiServer();
                KubernetesClient client = client(api)) {
            Pod pod = Objects.pod("p", "gpu", "1");
            api.put(pod);
            ApiServerBindings bindings = new ApiServerBindings(client, PATIENCE);
            api.failNextBinding(503);
            assertThat(bind(bindings, pod)).isEqualTo(new Attempt.Unclear("answer 503 of the fake"));
            api.failNextBinding(429);
            assertThat(bind(bindings, pod)).isEqualTo(new Attempt.NotTaken("answer 429 of the fake"));
            api.failNextBinding(403);
            assertThat(bind(bindings, pod)).isEqualTo(new Attempt.Refused("answer 403 of the fake"));
            assertThat(bind(bindings, pod)).isEqualTo(new Attempt.Bound());
            assertThat(bind(bindings, pod)).isEqualTo(new Attempt.Conflict("answer 409 of the fake"));
        }
    }

    private static Attempt bind(ApiServerBindings bindings, Pod pod) {
        return bindings.bind(PodKey.of(pod.getMetadata()), "node-a", Map.of());
    }

    private KubernetesClient client(FakeApiServer api) {
        Config found = Config.fromKubeconfig(
                api.kubeconfig(directory.resolve("kubeconfig")).toFile());
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(found)
                        .withRequestTimeout((int) FAR_LONGER.toMillis())
                        .build())
                .build();
    }
}
