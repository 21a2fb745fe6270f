package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.extender.apiserver.ApiServerReads;
import io.migpool.testbed.TestApi;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The list that a new leader reads, from an API server that selects as Kubernetes does. */
class BoundPodsTest {

    private static final Duration REQUEST = Duration.ofSeconds(60);

    @Test
    void onlyBoundPodsThatHaveNotEndedAreListed() {
        List<String> listed = new ArrayList<>();
        try (TestApi api = new TestApi()) {
            create(api, "waiting", null, "Pending");
            create(api, "bound", "n", "Pending");
            create(api, "running", "n", "Running");
            create(api, "lost", "n", "Unknown");
            create(api, "completed", "n", "Succeeded");
            create(api, "crashed", "n", "Failed");

            assertThat(new ApiServerReads(api.client, REQUEST, "kube-system/hami-scheduler", Clock.systemUTC())
                            .boundPods(pod -> listed.add(pod.getMetadata().getName())))
                    .isEmpty();
        }
        assertThat(listed).containsExactlyInAnyOrder("bound", "running", "lost");
    }

    private static void create(TestApi api, String name, @Nullable String node, String phase) {
        Pod created = api.client
                .resource(TestApi.pod(name, Map.of())
                        .editSpec()
                        .withNodeName(node)
                        .endSpec()
                        .build())
                .create();
        api.client
                .resource(new PodBuilder(created)
                        .withNewStatus()
                        .withPhase(phase)
                        .endStatus()
                        .build())
                .updateStatus();
    }
}
