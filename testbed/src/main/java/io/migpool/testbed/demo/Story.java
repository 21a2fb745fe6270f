package io.migpool.testbed.demo;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.migpool.contracts.wire.Annotations;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The demo's script: the examples of HAMi's documentation, then what becomes of the pool when pods come and go. */
final class Story {

    private static final int METRIC_LINES = 4;
    private static final Duration SCRAPE_TIMEOUT = Duration.ofSeconds(10);

    private final Pool pool;
    private final Terminal terminal;

    Story(Pool pool, Terminal terminal) {
        this.pool = pool;
        this.terminal = terminal;
    }

    void tell() throws Exception {
        introduce();
        documentedPods();
        newMix();
        deletionAndRecut();
        refusals();
        metrics();
        terminal.blank();
        terminal.good(terminal.style(Terminal.Style.BOLD, "Everything that should run runs."));
    }

    private void introduce() throws Exception {
        terminal.title("1  The pool: three nodes, two ConfigMaps");
        terminal.line(
                "  hami-device-plugin says which nodes cut MIG instances (MIG-NODE-A there is the node mig-node-a here:");
        terminal.line(
                "  Kubernetes writes node names in lower case); a node that it does not name shares its GPUs in software.");
        terminal.quote(Demo.resource("config.json"));
        terminal.line("  hami-scheduler-device says what requests mean and which profiles may be cut.");
        terminal.quote(Demo.resource("device-config.yaml"));
        pool.drawStrips();
    }

    private void documentedPods() throws Exception {
        terminal.title("2  Pods as in HAMi's documentation");
        run("one-slice", "one slice of 8000 MiB, any kind of GPU", Map.of("gpu", "1", "gpumem", "8000"), Map.of());
        run("two-slices", "two slices of 8000 MiB in one container", Map.of("gpu", "2", "gpumem", "8000"), Map.of());
        run(
                "pinned-to-mig",
                "one slice of 8000 MiB, MIG only",
                Map.of("gpu", "1", "gpumem", "8000"),
                Map.of(Annotations.VGPU_MODE, "mig"));
        run("count-only", "nvidia.com/gpu: 1 and nothing else: a whole GPU", Map.of("gpu", "1"), Map.of());
        run(
                "software-shared",
                "two shares of 3000 MiB and 30 percent of the compute, hami-core only",
                Map.of("gpu", "2", "gpumem", "3000", "gpucores", "30"),
                Map.of(Annotations.VGPU_MODE, "hami-core"));
        terminal.blank();
        pool.drawStrips();
    }

    private void newMix() throws Exception {
        terminal.title("3  A new mix of profiles, cut beside running pods");
        Map<String, List<String>> before = pool.migUuids();
        run(
                "half-a-gpu",
                "half a GPU by percentage",
                Map.of("gpu", "1", "gpumem-percentage", "50"),
                Map.of(Annotations.VGPU_MODE, "mig"));
        run("a-quarter", "20000 MiB", Map.of("gpu", "1", "gpumem", "20000"), Map.of(Annotations.VGPU_MODE, "mig"));
        terminal.blank();
        pool.drawStrips();
        unchanged(before);
    }

    private void deletionAndRecut() throws Exception {
        terminal.title("4  A pod goes, its place is cut anew");
        Map<String, List<String>> before = pool.migUuids();
        pool.delete("pinned-to-mig");
        before.remove("pinned-to-mig");
        pool.delete("one-slice");
        before.remove("one-slice");
        terminal.line("  Their instances stay idle (~) until somebody wants them or their space:");
        pool.drawStrips();
        run(
                "again-8000",
                "8000 MiB: takes an idle instance as it is",
                Map.of("gpu", "1", "gpumem", "8000"),
                Map.of(Annotations.VGPU_MODE, "mig"));
        run(
                "re-cut",
                "half a GPU: idle instances in its way are destroyed",
                Map.of("gpu", "1", "gpumem", "40000"),
                Map.of(Annotations.VGPU_MODE, "mig"));
        terminal.blank();
        pool.drawStrips();
        unchanged(before);
    }

    private void refusals() throws Exception {
        terminal.title("5  What does not fit is told why");
        Pod tooLarge = DemoPod.of("too-large", Map.of("gpu", "1", "gpumem", "200000"), Map.of());
        pool.create(tooLarge);
        terminal.quote(pool.awaitRefusal("too-large"));
        try {
            pool.create(DemoPod.of("malformed", Map.of("gpu", "1", "gpumem-percentage", "140"), Map.of()));
        } catch (KubernetesClientException e) {
            terminal.good("pod malformed is refused at once");
            terminal.quote(e.getStatus().getMessage());
            return;
        }
        throw new DemoFailedException("a pod that asks for 140 percent of a GPU was accepted");
    }

    private void metrics() throws Exception {
        terminal.title("6  What a scrape sees");
        URI uri = URI.create("http://127.0.0.1:" + pool.cluster().extender().port("admin") + "/metrics");
        try (HttpClient http = HttpClient.newHttpClient()) {
            String text = http.send(
                            HttpRequest.newBuilder(uri).timeout(SCRAPE_TIMEOUT).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            for (String metric : List.of("hami_node_gpu_mig_instance_info", "nodeGPUMigInstance")) {
                List<String> lines = text.lines()
                        .filter(line -> line.startsWith(metric + "{"))
                        .toList();
                if (lines.isEmpty()) {
                    throw new DemoFailedException("the extender's metrics have no " + metric);
                }
                lines.stream().limit(METRIC_LINES).forEach(terminal::quote);
                if (lines.size() > METRIC_LINES) {
                    terminal.quote("… " + (lines.size() - METRIC_LINES) + " more");
                }
            }
        }
    }

    private void run(String name, String what, Map<String, String> limits, Map<String, String> annotations)
            throws Exception {
        terminal.line("  " + terminal.style(Terminal.Style.CYAN, name) + ": " + what);
        Pod pod = pool.run(DemoPod.of(name, limits, annotations));
        Stream.concat(
                        pool.explanation(name).stream(),
                        Pool.migUuids(pod).stream().map(uuid -> "sees " + uuid))
                .forEach(terminal::quote);
    }

    private void unchanged(Map<String, List<String>> before) throws Exception {
        Map<String, List<String>> after = pool.migUuids();
        for (Map.Entry<String, List<String>> pod : before.entrySet()) {
            if (!pod.getValue().equals(after.get(pod.getKey()))) {
                throw new DemoFailedException("pod %s had %s and now has %s"
                        .formatted(pod.getKey(), pod.getValue(), after.get(pod.getKey())));
            }
        }
        terminal.good("the running pods keep their MIG UUIDs: " + String.join(", ", before.keySet()));
    }
}
