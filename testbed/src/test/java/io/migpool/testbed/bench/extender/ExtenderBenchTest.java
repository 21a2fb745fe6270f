package io.migpool.testbed.bench.extender;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.migpool.contracts.wire.Reservation;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.bench.extender.Extent.Cluster;
import io.migpool.testbed.bench.extender.Extent.Phase;
import io.migpool.testbed.bench.extender.Extent.Times;
import io.migpool.testbed.bench.extender.InProcessExtender.Sampled;
import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.ClusterSize;
import io.migpool.testbed.bench.load.GeneratedCluster;
import io.migpool.testbed.bench.load.PodTexts;
import io.migpool.testbed.bench.load.WorkerPods;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark measures what it claims to, on clusters so small that it takes no time. */
class ExtenderBenchTest {

    private static final ClusterSize SMALL = new ClusterSize(10, 8, 40);

    /** So large that answers come in chunks. */
    private static final ClusterSize WIDE = new ClusterSize(400, 8, 40);

    private static final Duration ONCE = Duration.ZERO;

    /** Maven packages the application after it has tested it. */
    private static final HttpExtender.Launch FROM_CLASSES = (settings, portKey, directory) ->
            AppProcess.start(AppKind.EXTENDER, settings, portKey, System.getenv(), directory);

    @Test
    void podsOfAGeneratedClusterShareNoUnit() throws Exception {
        Set<String> units = new HashSet<>();
        GeneratedCluster cluster = new GeneratedCluster(SMALL, 7);
        for (int i = 0; i < SMALL.pods(); i++) {
            Pod pod = cluster.placedPod(i);
            var instance = Reservation.fromAnnotations(pod.getMetadata().getAnnotations())
                    .orElseThrow()
                    .migAllocations()
                    .getFirst();
            for (int unit = instance.placement().start();
                    unit < instance.placement().end();
                    unit++) {
                assertThat(units.add(instance.gpuUuid() + " " + unit))
                        .as("%s", instance)
                        .isTrue();
            }
        }
    }

    @Test
    void verbsInProcessAreMeasuredOneByOne() throws Exception {
        Sampled sampled = new InProcessExtender(SMALL).turns(10, ONCE);
        assertThat(sampled.filter().count()).isEqualTo(1);
        assertThat(sampled.bind().millis(1)).isPositive();
        assertReported(sampled.inProcess(SMALL, 10));
    }

    @Test
    void filterIsMeasuredForANamespaceAtItsQuota() throws Exception {
        InProcessExtender extender = new InProcessExtender(SMALL);
        assertThat(extender.atQuota(10, ONCE).count()).isEqualTo(1);
        assertThat(extender.turns(10, ONCE).bind().count())
                .as("the quota and what waited is gone")
                .isEqualTo(1);
    }

    @Test
    void podsAreWrittenAsKubernetesWouldWriteThem() throws Exception {
        PodTexts texts = new PodTexts();
        GeneratedCluster cluster = new GeneratedCluster(SMALL, 7);
        for (int i = 0; i < SMALL.pods(); i++) {
            Pod pod = cluster.placedPod(i);
            assertThat(Serialization.unmarshal(texts.of(pod), Pod.class)).isEqualTo(pod);
        }
        Pod waiting = WorkerPods.waiting(1, Board.A100.profiles().getLast());
        assertThat(Serialization.unmarshal(texts.of(waiting), Pod.class).getMetadata())
                .isEqualTo(waiting.getMetadata());
    }

    @Test
    void theRealApplicationIsAskedOverHttp(@TempDir Path directory) throws Exception {
        try (HttpExtender extender = new HttpExtender(WIDE, directory, FROM_CLASSES)) {
            assertThat(extender.firstDecision()).isPositive();
            assertThat(extender.turns(WIDE.nodes(), ONCE).bind().count()).isEqualTo(1);
            assertThat(extender.paced(10, 100, Duration.ofMillis(100)).samples().count())
                    .as("calls in a tenth of a second at a hundred per second")
                    .isEqualTo(10);
            Scrapes scrapes = extender.scrapes(2);
            assertThat(scrapes.samples().count()).isEqualTo(2);
            assertThat(scrapes.bytes()).as("several figures of each GPU").isGreaterThan(WIDE.nodes() * 8 * 1000);
            JsonNode line =
                    JsonMapper.builder().build().readTree(ExtenderReport.json(List.of(), List.of(scrapes), List.of()));
            assertThat(line.at("/scrapes/0/nodes").asInt()).isEqualTo(WIDE.nodes());
            assertThat(line.at("/scrapes/0/max_ms").asDouble()).isPositive();
            assertThat(line.at("/scrapes/0/bytes").asInt()).isEqualTo(scrapes.bytes());
        }
    }

    @Test
    void nothingListensAfterAnApplicationThatCannotBeStarted(@TempDir Path directory) throws Exception {
        IOException missing = new IOException("no such program");
        assertThatThrownBy(() -> new HttpExtender(SMALL, directory, (settings, portKey, own) -> {
                    throw missing;
                }))
                .isSameAs(missing);
        Matcher server =
                Pattern.compile("127\\.0\\.0\\.1:(\\d+)").matcher(Files.readString(directory.resolve("kubeconfig")));
        assertThat(server.find()).isTrue();
        assertThatThrownBy(
                        () -> new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(server.group(1))).close())
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void everyPartOfARunIsReportedAndNothingIsLeftRunning() throws Exception {
        Set<ProcessHandle> before = ProcessHandle.current().descendants().collect(Collectors.toSet());
        Phase once = Phase.ofMillis(0, 0);
        Extent extent = new Extent(
                List.of(SMALL),
                new Cluster(new ClusterSize(11, 8, 40), List.of(5), List.of(5, 11)),
                new Cluster(new ClusterSize(12, 8, 40), List.of(5, 12), List.of(12)),
                new Times(once, once, once, Duration.ofMillis(100), Phase.ofMillis(0, 50), 1, 1));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();

        new ExtenderBench(FROM_CLASSES, new PrintStream(printed, false, UTF_8), extent).run();

        String last = printed.toString(UTF_8).lines().toList().getLast();
        JsonNode line = JsonMapper.builder().build().readTree(last);
        Set<String> filters = new TreeSet<>();
        line.path("cases").forEach(each -> {
            assertThat(each.path("p50_ms").asDouble()).as("%s", each).isPositive();
            assertThat(each.path("bytes_per_call").asLong() > 0)
                    .as("%s", each)
                    .isEqualTo(each.path("transport").asText().equals("in-process")
                            || each.path("verb").asText().equals("filter"));
            if (each.path("verb").asText().startsWith("filter")) {
                filters.add("%s %s %d of %d"
                        .formatted(
                                each.path("verb").asText(),
                                each.path("transport").asText(),
                                each.path("node_names").asInt(),
                                each.path("nodes").asInt()));
            }
        });
        assertThat(filters)
                .containsExactly(
                        "filter at quota in-process 11 of 11",
                        "filter http 11 of 11",
                        "filter http 12 of 12",
                        "filter http 5 of 11",
                        "filter in-process 10 of 10",
                        "filter in-process 12 of 12",
                        "filter in-process 5 of 11",
                        "filter in-process 5 of 12");
        assertThat(line.path("scrapes")).hasSize(2);
        assertThat(line.path("heap_mib").asInt())
                .as("the heap of the application alone")
                .isBetween(5, 60);
        assertThat(ProcessHandle.current().descendants()).allMatch(before::contains);
    }

    private static void assertReported(List<Figures> figures) throws Exception {
        JsonNode line = JsonMapper.builder()
                .build()
                .readTree(ExtenderReport.json(
                        figures, List.of(), List.of(new Loaded(SMALL, Duration.ofMillis(1500), 12.3, 13.4))));
        assertThat(line.path("bench").asText()).isEqualTo("extender");
        assertThat(line.path("heap_mib").asInt()).isEqualTo(13);
        assertThat(line.at("/loaded/0/heap_mib").asInt()).isEqualTo(12);
        assertThat(line.at("/loaded/0/first_decision_s").asDouble()).isEqualTo(1.5);
        JsonNode filter = line.path("cases").path(0);
        assertThat(filter.path("nodes").asInt()).isEqualTo(10);
        assertThat(filter.path("gpus_per_node").asInt()).isEqualTo(8);
        assertThat(filter.path("pods").asInt()).isEqualTo(40);
        assertThat(filter.path("verb").asText()).isEqualTo("filter");
        assertThat(filter.path("transport").asText()).isEqualTo("in-process");
        assertThat(filter.path("p99_ms").asDouble()).isPositive();
        assertThat(filter.path("bytes_per_call").asLong()).isPositive();
    }
}
