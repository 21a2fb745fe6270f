package io.migpool.testbed.bench.startup;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import io.migpool.testbed.app.AppImage;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.app.DeliveredApp;
import io.migpool.testbed.app.PackagedApp;
import io.migpool.testbed.cluster.Directories;
import io.migpool.testbed.kubelet.Kubelet;
import io.migpool.testbed.kubelet.KubeletOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Starts each application several times as in a new pod, against an embedded API server, and the node agent beside a
 * kubelet and two simulated GPUs: from its image, which has an AOT cache, and from its jar, like images that were built
 * for more than one architecture.
 */
public final class StartupBench {

    /** Limit within the 128 MiB that the manifests allow. */
    private static final long LARGEST_ARCHIVE_BYTES = 120L << 20;

    private static final Duration SETTLED = Duration.ofSeconds(3);
    private static final Duration LONGEST_SETTLING = Duration.ofMinutes(1);

    private static final String LOOPBACK = "127.0.0.1";
    private static final String NODE = "node-a";

    private final Path repository;
    private final PrintStream out;

    /**
     * Prepares a run.
     *
     * @param repository the directory with the modules, which have been packaged, and their images built
     * @param out receives the results
     */
    public StartupBench(Path repository, PrintStream out) {
        this.repository = repository;
        this.out = out;
    }

    /** Time until ready, and the processor time used until then. */
    private record Start(Duration ready, Duration processor) {}

    private record App(String name, AppKind kind, Map<String, String> settings, String portKey) {}

    /**
     * Measures and prints.
     *
     * @param starts number of starts of each application in each way; 1 or more
     * @throws IOException if an application is not packaged, its image does not match the present sources, or it does
     *     not start
     */
    public void run(int starts) throws IOException, InterruptedException {
        // Short, because the paths of kubelet's sockets must stay below 108 bytes.
        Path directory = Files.createTempDirectory("mps");
        try {
            run(starts, directory);
        } finally {
            Directories.delete(directory);
        }
    }

    private void run(int starts, Path directory) throws IOException, InterruptedException {
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults());
                KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(api.kubeconfig()))
                        .build();
                Kubelet kubelet = Kubelet.start(KubeletOptions.of(NODE, directory.resolve("k"), client))) {
            Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), api.kubeconfig());
            out.printf(
                    "%-14s %-6s %14s %15s %15s %12s%n",
                    "application", "from", "ready, median", "ready, slowest", "processor time", "idle memory");
            for (App app : apps(kubeconfig, directory, kubelet)) {
                Path own = Files.createDirectories(directory.resolve(app.name()));
                measure(app, "image", image(app.kind(), own), own, starts);
                measure(app, "jar", new PackagedApp(app.kind(), repository), own, starts);
            }
        }
    }

    private AppImage image(AppKind kind, Path directory) throws IOException {
        Optional<String> outdated = AppImage.outdated(kind, repository);
        if (outdated.isPresent()) {
            throw new IOException(outdated.get());
        }
        return AppImage.unpack(kind, AppImage.tar(kind, repository), directory.resolve("image"));
    }

    private void measure(App app, String from, DeliveredApp delivered, Path directory, int times)
            throws IOException, InterruptedException {
        List<Start> starts = new ArrayList<>();
        long residentMiB = 0;
        for (int i = 0; i < times; i++) {
            Path pod = directory.resolve(from + i);
            try (AppProcess process = AppProcess.delivered(delivered, app.settings(), app.portKey(), pod)) {
                starts.add(new Start(process.awaitReady(), process.processorTime()));
                residentMiB = i < times - 1 ? residentMiB : settledMiB(process);
            }
            requireRoomFor(pod.resolve(PackagedApp.ARCHIVE));
        }
        List<Long> ready = sorted(starts, Start::ready);
        out.printf(
                "%-14s %-6s %11d ms %12d ms %12d ms %8d MiB%n",
                app.name(),
                from,
                ready.get(times / 2),
                ready.getLast(),
                sorted(starts, Start::processor).get(times / 2),
                residentMiB);
    }

    /** Checks the size of the archive: kubelet evicts the pod if its volume exceeds a limit. */
    private static void requireRoomFor(Path archive) throws IOException {
        if (Files.exists(archive) && Files.size(archive) > LARGEST_ARCHIVE_BYTES) {
            throw new IOException("%s has %d bytes; more than %d are too near to the sizeLimit of /tmp in the manifests"
                    .formatted(archive, Files.size(archive), LARGEST_ARCHIVE_BYTES));
        }
    }

    private static List<Long> sorted(List<Start> starts, Function<Start, Duration> figure) {
        return starts.stream().map(figure).map(Duration::toMillis).sorted().toList();
    }

    /**
     * Returns the resident memory once it has stayed the same for a while, because some of it is allocated only after
     * the start.
     */
    private static long settledMiB(AppProcess process) throws IOException {
        AtomicLong before = new AtomicLong(process.residentMiB());
        await("the memory of the application has settled")
                .atMost(LONGEST_SETTLING)
                .pollInterval(SETTLED)
                .until(() -> {
                    long now = process.residentMiB();
                    return Math.abs(before.getAndSet(now) - now) <= 1;
                });
        return before.get();
    }

    private static List<App> apps(Path kubeconfig, Path directory, Kubelet kubelet) {
        Map<String, String> common = Map.of(
                "migpool.kubernetes.kubeconfig", kubeconfig.toString(), "server.host", LOOPBACK, "server.port", "0");
        return List.of(
                new App("extender", AppKind.EXTENDER, common, "server.sockets.0.port"),
                new App(
                        "admission",
                        AppKind.ADMISSION,
                        with(common, Map.of("migpool.admission.tls.mode", "self")),
                        "server.sockets.0.port"),
                new App(
                        "device-plugin",
                        AppKind.DEVICE_PLUGIN,
                        with(common, agent(directory, kubelet)),
                        "server.port"));
    }

    private static Map<String, String> agent(Path directory, Kubelet kubelet) {
        Path k = directory.resolve("k");
        return Map.of(
                "migpool.node.name",
                kubelet.nodeName(),
                "migpool.kubelet.device-plugin-dir",
                k.resolve("device-plugins").toString(),
                "migpool.kubelet.pod-resources-socket",
                k.resolve("pod-resources").resolve("kubelet.sock").toString(),
                "migpool.cdi.directory",
                k.resolve("cdi").toString(),
                "migpool.state.directory",
                directory.resolve("state").toString(),
                "migpool.gpu.driver",
                "simulated",
                "migpool.simulated.boards",
                "NVIDIA A100-SXM4-80GB:2");
    }

    private static Map<String, String> with(Map<String, String> common, Map<String, String> more) {
        Map<String, String> all = new LinkedHashMap<>(common);
        all.putAll(more);
        return all;
    }
}
