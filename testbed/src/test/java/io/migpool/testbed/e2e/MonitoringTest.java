package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.migpool.testbed.cluster.EmbeddedCluster;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Alerts and dashboard look at figures that the applications have. */
@ExtendWith(SharedCluster.class)
class MonitoringTest {

    private static final Pattern FIGURE = Pattern.compile("\\b(?:migpool|hami)_[a-z_]+");
    private static final Pattern SAMPLE = Pattern.compile("(?m)^([a-zA-Z_:]+)[{ ]");
    private static final Duration SOON = Duration.ofSeconds(60);

    /** What is counted only once it has happened, and does not happen here. */
    private static final Set<String> RARE =
            Set.of("migpool_instance_destroy_seconds_bucket", "migpool_instance_destroy_seconds_count");

    @Test
    void everyFigureOfAlertsAndDashboardIsServed(Workload workload) throws Exception {
        for (String name : new String[] {"first", "second"}) {
            workload.run(
                    GpuPod.named(name).on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1", "gpumem", "8000"));
            workload.delete(name);
        }
        workload.run(GpuPod.named("choice").container("main", "gpu", "1", "gpumem", "8000"));
        Set<String> wanted = new TreeSet<>(expressions("alerts.yaml"));
        wanted.addAll(expressions("dashboard.yaml"));
        wanted.removeAll(RARE);
        assertThat(wanted).hasSizeGreaterThan(15);

        EmbeddedCluster cluster = workload.cluster();
        await("all figures").atMost(SOON).untilAsserted(() -> {
            Set<String> served = new TreeSet<>();
            served.addAll(samples(cluster.extender().port("admin")));
            served.addAll(samples(cluster.admission().port("admin")));
            served.addAll(
                    samples(cluster.node(SharedCluster.SINGLE_NODE).agent().port()));
            assertThat(served).containsAll(wanted);
        });
    }

    private static Set<String> samples(int port) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                    .header("Accept", "text/plain")
                    .timeout(SOON)
                    .build();
            return names(
                    SAMPLE,
                    http.send(request, HttpResponse.BodyHandlers.ofString()).body());
        }
    }

    private static Set<String> expressions(String file) throws IOException {
        Set<String> figures = new TreeSet<>();
        try (InputStream text = MonitoringTest.class.getResourceAsStream("/manifests/components/monitoring/" + file)) {
            JsonNode tree = new YAMLMapper().readTree(text);
            if (tree.path("kind").asText().equals("ConfigMap")) {
                tree = new YAMLMapper()
                        .readTree(tree.path("data").elements().next().asText());
            }
            for (String expression : tree.findValuesAsText("expr")) {
                figures.addAll(names(FIGURE, expression));
            }
        }
        return figures;
    }

    private static Set<String> names(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult match) -> match.groupCount() > 0 ? match.group(1) : match.group())
                .collect(Collectors.toSet());
    }
}
