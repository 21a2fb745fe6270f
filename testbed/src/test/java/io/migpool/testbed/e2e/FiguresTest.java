package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.docs.Repository;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The reference lists every metric. */
@ExtendWith(SharedCluster.class)
class FiguresTest {

    private static final Pattern SAMPLE = Pattern.compile("(?m)^((?:migpool|hami)_[a-z_]+)[{ ]");
    private static final Pattern PART = Pattern.compile("_(bucket|count|sum|max)$");

    @Test
    void everyFigureThatIsServedIsInTheReference(Workload workload) throws Exception {
        workload.run(GpuPod.named("figures").on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1"));
        String reference = Repository.text(Repository.ROOT.resolve("docs/observing.md"));
        EmbeddedCluster cluster = workload.cluster();
        Set<String> served = new TreeSet<>();
        served.addAll(figures(cluster.extender().port("admin")));
        served.addAll(figures(cluster.admission().port("admin")));
        served.addAll(figures(cluster.node(SharedCluster.SINGLE_NODE).agent().port()));

        assertThat(served).hasSizeGreaterThan(40).allSatisfy(name -> assertThat(reference)
                .containsAnyOf("`" + name + "`", "`" + PART.matcher(name).replaceFirst("") + "`"));
    }

    private static Set<String> figures(int port) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                    .header("Accept", "text/plain")
                    .timeout(Duration.ofSeconds(60))
                    .build();
            Set<String> figures = new TreeSet<>();
            SAMPLE.matcher(http.send(request, HttpResponse.BodyHandlers.ofString())
                            .body())
                    .results()
                    .forEach(sample -> figures.add(sample.group(1)));
            return figures;
        }
    }
}
