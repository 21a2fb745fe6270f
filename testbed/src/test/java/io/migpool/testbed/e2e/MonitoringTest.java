package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.migpool.testbed.cluster.EmbeddedCluster;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Alerts and dashboard use existing metrics, with labels that these can have. */
@ExtendWith(SharedCluster.class)
class MonitoringTest {

    private static final Pattern FIGURE = Pattern.compile("\\b(?:migpool|hami)_[a-z_]+");
    private static final Pattern SAMPLE = Pattern.compile("(?m)^([a-zA-Z_:]+)[{ ]");
    private static final Pattern FILTERED = Pattern.compile("\\b((?:migpool|hami)_[a-z_]+)\\{([^}]*)}");
    private static final Pattern LABELLED_SAMPLE = Pattern.compile("(?m)^([a-zA-Z_:]+)\\{([^}]*)}");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)(?:=~|!~|!=|=)\"([^\"]*)\"");
    private static final Pattern ABOUT_A_POD = Pattern.compile("(?m)^([a-zA-Z_:]+)\\{(?:[^}]*,)?pod=\"");
    private static final Pattern OF_ANY_POD =
            Pattern.compile("without \\([^)]*\\bpod\\b[^)]*\\) \\(((?:migpool|hami)_[a-z_]+)");
    private static final Pattern GAUGE = Pattern.compile("(?m)^# TYPE (\\S+) gauge");
    private static final Pattern ADDED_UP =
            Pattern.compile("\\b(?:sum|count|avg)(?: by \\([^)]*\\))? ?\\(((?:migpool|hami)_[a-z_]+)");
    private static final Pattern MISSED =
            Pattern.compile("(?:absent\\(|unless on \\(node\\) max by \\(node\\) \\()((?:migpool|hami)_[a-z_]+)");
    private static final Duration SOON = Duration.ofSeconds(60);

    /** Metrics that appear only once something has happened that does not happen here. */
    private static final Set<String> RARE =
            Set.of("migpool_instance_destroy_seconds_bucket", "migpool_instance_destroy_seconds_count");

    /** Metrics that are separate for each replica of the extender. */
    private static final Set<String> OF_EACH_REPLICA = Set.of("migpool_holds", "migpool_synced");

    @Test
    void everyFigureOfAlertsAndDashboardIsServed(Workload workload) throws Exception {
        for (String name : new String[] {"first", "second"}) {
            workload.run(
                    GpuPod.named(name).on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1", "gpumem", "8000"));
            workload.delete(name);
        }
        workload.run(GpuPod.named("choice").container("main", "gpu", "1", "gpumem", "8000"));
        String expressions = expressions("alerts.yaml") + expressions("dashboard.yaml");
        Set<String> figures = names(FIGURE, expressions);
        figures.removeAll(RARE);
        Set<String> labels = labels(FILTERED, expressions);
        labels.removeIf(label -> RARE.contains(label.substring(0, label.indexOf('{'))));
        assertThat(figures).hasSizeGreaterThan(15);
        assertThat(labels).hasSizeGreaterThan(5);

        EmbeddedCluster cluster = workload.cluster();
        await("all figures").atMost(SOON).untilAsserted(() -> {
            String served = scrape(cluster.extender().port("admin"))
                    + scrape(cluster.admission().port("admin"))
                    + scrape(cluster.node(SharedCluster.SINGLE_NODE).agent().port());
            assertThat(names(SAMPLE, served)).containsAll(figures);
            assertThat(labels(LABELLED_SAMPLE, served))
                    .as("every value that a filter compares with is one that the figure can have")
                    .containsAll(labels);
        });
    }

    /** Each extender knows the whole pool, and with two replicas both are scraped. */
    @Test
    void whatTheReplicasOfTheExtenderTellIsNotAddedUp(Workload workload) throws Exception {
        Set<String> ofThePool =
                names(GAUGE, scrape(workload.cluster().extender().port("admin")));
        ofThePool.removeAll(OF_EACH_REPLICA);
        assertThat(ofThePool).contains("migpool_slices", "hami_gpu_memory_limit_bytes");

        assertThat(names(ADDED_UP, expressions("dashboard.yaml") + expressions("alerts.yaml")))
                .isNotEmpty()
                .doesNotContainAnyElementsOf(ofThePool);
    }

    /** By default Prometheus overwrites the labels that name a pod with those of the pod that it scrapes. */
    @Test
    void theLabelsOfUsersPodsAreKept(Workload workload) throws Exception {
        workload.run(
                GpuPod.named("user").on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1", "gpumem", "8000"));
        EmbeddedCluster cluster = workload.cluster();
        Set<String> aboutPods = new TreeSet<>();
        await("figures about pods").atMost(SOON).untilAsserted(() -> {
            String served = scrape(cluster.extender().port("admin"))
                    + scrape(cluster.node(SharedCluster.SINGLE_NODE).agent().port());
            aboutPods.addAll(names(ABOUT_A_POD, served));
            assertThat(aboutPods).isNotEmpty();
        });

        assertThat(serviceMonitors()).hasSize(2).allSatisfy(monitor -> assertThat(
                        monitor.at("/spec/endpoints/0/honorLabels").asBoolean())
                .isTrue());
        assertThat(names(OF_ANY_POD, expressions("dashboard.yaml") + expressions("alerts.yaml")))
                .isNotEmpty()
                .doesNotContainAnyElementsOf(aboutPods);
    }

    private static List<JsonNode> serviceMonitors() throws IOException {
        YAMLMapper yaml = new YAMLMapper();
        try (InputStream text =
                        MonitoringTest.class.getResourceAsStream("/manifests/components/monitoring/monitors.yaml");
                MappingIterator<JsonNode> documents =
                        yaml.readerFor(JsonNode.class).readValues(text)) {
            return documents.readAll().stream()
                    .filter(document -> document.path("kind").asText().equals("ServiceMonitor"))
                    .toList();
        }
    }

    @Test
    void anApplicationThatIsGoneIsNoticed(Workload workload) throws Exception {
        EmbeddedCluster cluster = workload.cluster();
        Set<String> missed = names(MISSED, expressions("alerts.yaml"));

        assertThat(names(SAMPLE, scrape(cluster.extender().port("admin")))).containsAnyElementsOf(missed);
        assertThat(names(SAMPLE, scrape(cluster.admission().port("admin")))).containsAnyElementsOf(missed);
        String agent = scrape(cluster.node(SharedCluster.SINGLE_NODE).agent().port());
        assertThat(names(SAMPLE, agent)).containsAnyElementsOf(missed);
        assertThat(labels(LABELLED_SAMPLE, agent))
                .contains("migpool_pods_to_write_back{node=" + SharedCluster.SINGLE_NODE + "}");
        await("the extender knows the node by the same name").untilAsserted(() -> assertThat(
                        labels(LABELLED_SAMPLE, scrape(cluster.extender().port("admin"))))
                .contains("hami_gpu_memory_limit_bytes{node=" + SharedCluster.SINGLE_NODE + "}"));
    }

    private static String scrape(int port) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                    .header("Accept", "text/plain")
                    .timeout(SOON)
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString()).body() + "\n";
        }
    }

    private static String expressions(String file) throws IOException {
        try (InputStream text = MonitoringTest.class.getResourceAsStream("/manifests/components/monitoring/" + file)) {
            JsonNode tree = new YAMLMapper().readTree(text);
            if (tree.path("kind").asText().equals("ConfigMap")) {
                tree = new YAMLMapper()
                        .readTree(tree.path("data").elements().next().asText());
            }
            return String.join("\n", tree.findValuesAsText("expr")) + "\n";
        }
    }

    /** As {@code figure{label=value}}, one for each value of each label, or of each alternative that a filter has. */
    private static Set<String> labels(Pattern figures, String text) {
        Set<String> labels = new TreeSet<>();
        figures.matcher(text).results().forEach(figure -> LABEL.matcher(figure.group(2))
                .results()
                .forEach(label -> Stream.of(label.group(2).split("\\|", -1))
                        .forEach(value -> labels.add(figure.group(1) + "{" + label.group(1) + "=" + value + "}"))));
        return labels;
    }

    private static Set<String> names(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult match) -> match.groupCount() > 0 ? match.group(1) : match.group())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
