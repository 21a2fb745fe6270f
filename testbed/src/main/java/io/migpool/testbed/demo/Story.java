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

/** The demo's script: the examples of HAMi's documentation, then how the pool changes as pods come and go. */
final class Story {

    private static final String NODE_A = "mig-node-a";
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
                "  hami-device-plugin names the nodes that use MIG (MIG-NODE-A there is the node mig-node-a here:");
        terminal.line("  node names in Kubernetes are lower case); other nodes share their GPUs in software.");
        terminal.quote(Demo.resource("config.json"));
        terminal.line("  hami-scheduler-device says what requests mean and which profiles are allowed.");
        terminal.quote(Demo.resource("device-config.yaml"));
        pool.drawStrips();
    }

    private void documentedPods() throws Exception {
        terminal.title("2  Pods as in HAMi's documentation");
        run(
                "one-slice",
                "8000 MiB, any kind of GPU: a slice is preferred to a share, and the smallest profile that fits",
                DemoPod.of("one-slice", Map.of("gpu", "1", "gpumem", "8000")));
        run(
                "two-slices",
                "2 × 8000 MiB in one container, MIG only: two instances, on one GPU if they fit there",
                mig(DemoPod.of("two-slices", Map.of("gpu", "2", "gpumem", "8000"))));
        run(
                "pinned-to-mig",
                "8000 MiB and nvidia.com/vgpu-mode: mig",
                mig(DemoPod.of("pinned-to-mig", Map.of("gpu", "1", "gpumem", "8000"))));
        run(
                "count-only",
                "nvidia.com/gpu: 1 and no size, MIG only: a whole GPU, which there is the full-size profile",
                mig(DemoPod.of("count-only", Map.of("gpu", "1"))));
        run(
                "software-shared",
                "2 × 3000 MiB with 30 percent of the compute, hami-core only: shares of two GPUs",
                DemoPod.annotated(
                        DemoPod.of("software-shared", Map.of("gpu", "2", "gpumem", "3000", "gpucores", "30")),
                        Annotations.VGPU_MODE,
                        "hami-core"));
        terminal.blank();
        pool.drawStrips();
    }

    private void newMix() throws Exception {
        terminal.title("3  A new mix of profiles, created alongside running pods");
        Map<String, List<String>> before = pool.migUuids();
        run(
                "half-a-gpu",
                "50 percent of a GPU: half of its memory slices",
                mig(DemoPod.of("half-a-gpu", Map.of("gpu", "1", "gpumem-percentage", "50"))));
        run("a-quarter", "20000 MiB", mig(DemoPod.of("a-quarter", Map.of("gpu", "1", "gpumem", "20000"))));
        terminal.blank();
        pool.drawStrips();
        unchanged(before);
    }

    private void deletionAndRecut() throws Exception {
        terminal.title("4  Pods end, and their room is reused");
        Map<String, List<String>> before = pool.migUuids();
        for (String gone : List.of("pinned-to-mig", "two-slices", "one-slice")) {
            pool.delete(gone);
            before.remove(gone);
        }
        terminal.line("  Their instances stay idle (~) until another pod needs them, or their room:");
        pool.drawStrips();
        run(
                "re-cut",
                "40000 MiB on mig-node-a: the idle instances in its way are destroyed",
                DemoPod.on(DemoPod.of("re-cut", Map.of("gpu", "1", "gpumem", "40000")), NODE_A));
        run(
                "reuse",
                "8000 MiB on mig-node-a: reuses the idle instance that is left",
                DemoPod.on(DemoPod.of("reuse", Map.of("gpu", "1", "gpumem", "8000")), NODE_A));
        terminal.blank();
        pool.drawStrips();
        unchanged(before);
    }

    private static Pod mig(Pod pod) {
        return DemoPod.annotated(pod, Annotations.VGPU_MODE, "mig");
    }

    private void refusals() throws Exception {
        terminal.title("5  Pods that do not fit are told why");
        Pod tooLarge = DemoPod.of("too-large", Map.of("gpu", "1", "gpumem", "200000"));
        pool.create(tooLarge);
        terminal.quote(pool.awaitRefusal("too-large"));
        try {
            pool.create(DemoPod.of("malformed", Map.of("gpu", "1", "gpumem-percentage", "140")));
        } catch (KubernetesClientException e) {
            terminal.good("pod malformed is refused immediately");
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

    private void run(String name, String why, Pod pod) throws Exception {
        terminal.line("  " + terminal.style(Terminal.Style.CYAN, name) + ": " + why);
        Pod running = pool.run(pod);
        Stream.concat(
                        pool.explanation(name).stream(),
                        Pool.migUuids(running).stream().map(uuid -> "sees " + uuid))
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
