package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.contracts.wire.Annotations;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A pod that the scheduler asked about too early, which is woken as soon as the extender sees room for it. */
@ExtendWith(SharedCluster.class)
class WakeUpTest {

    private static final Duration LONGEST = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void roomThatNobodyAskedAboutIsShownOnThePod(Workload workload) throws Exception {
        workload.run(GpuPod.named("occupant").on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1"));
        Pod early = workload.client()
                .pods()
                .inNamespace(workload.namespace())
                .resource(keptFromTheScheduler())
                .create();
        assertThat(filter(workload, early)).as("the answer").contains("no free MIG slice");
        assertThat(annotations(workload)).doesNotContainKey(Annotations.ROOM_SEEN);

        workload.delete("occupant");

        await("the pod to be woken").atMost(LONGEST).untilAsserted(() -> assertThat(annotations(workload))
                .containsKey(Annotations.ROOM_SEEN));
    }

    /** Returns a pod that the scheduler ignores, so that only the test calls the extender. */
    private static Pod keptFromTheScheduler() {
        return new PodBuilder(GpuPod.named("early")
                        .on(SharedCluster.SINGLE_NODE)
                        .container("main", "gpu", "1")
                        .build())
                .editSpec()
                .addNewSchedulingGate("example.com/not-yet")
                .endSpec()
                .build();
    }

    private static Map<String, String> annotations(Workload workload) {
        return workload.pod("early").getMetadata().getAnnotations();
    }

    private static String filter(Workload workload, Pod pod) throws IOException, InterruptedException {
        String arguments = JSON.writeValueAsString(Map.of("Pod", pod, "NodeNames", List.of(SharedCluster.SINGLE_NODE)));
        URI verb =
                URI.create("http://127.0.0.1:" + workload.cluster().extender().port() + "/filter");
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(verb)
                    .header("Content-Type", "application/json")
                    .timeout(LONGEST)
                    .POST(HttpRequest.BodyPublishers.ofString(arguments))
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }
}
