package io.migpool.testbed.bench.startup;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.app.PackagedApp;
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
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Starts each application several times against an embedded API server, and the node agent beside a kubelet and two simulated
 * GPUs: the first time without an archive of its classes, as in a new pod, then with the one that the first run left.
 */
public final class StartupBench {

    private static final Duration SETTLED = Duration.ofSeconds(3);
    private static final Duration LONGEST_SETTLING = Duration.ofMinutes(1);

    private static final String LOOPBACK = "127.0.0.1";
    private static final String NODE = "node-a";

    private final Path repository;
    private final PrintStream out;

    /**
     * Prepares a run.
     *
     * @param repository the directory with the modules, which have been packaged
     * @param out where the figures go
     */
    public StartupBench(Path repository, PrintStream out) {
        this.repository = repository;
        this.out = out;
    }

    /** How long until ready, and the resident memory after a while, in MiB. */
    private record Run(Duration ready, long residentMiB) {}

    private record App(String name, AppKind kind, Map<String, String> settings, String portKey) {}

    /**
     * Measures and prints.
     *
     * @param restarts how often each application is started again after the first time; 1 or more
     * @throws IOException if an application is not packaged or does not start
     */
    public void run(int restarts) throws IOException, InterruptedException {
        // Short, because the paths of kubelet's sockets must stay below 108 bytes.
        Path directory = Files.createTempDirectory("mps");
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults());
                KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(api.kubeconfig()))
                        .build();
                Kubelet kubelet = Kubelet.start(KubeletOptions.of(NODE, directory.resolve("k"), client))) {
            Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), api.kubeconfig());
            out.printf("%-14s %22s %22s %18s%n", "application", "ready, new pod", "ready, restarted", "idle memory");
            for (App app : apps(kubeconfig, directory, kubelet)) {
                measure(app, Files.createDirectories(directory.resolve(app.name())), restarts);
            }
        }
    }

    private void measure(App app, Path directory, int restarts) throws IOException, InterruptedException {
        Run first = once(app, directory);
        List<Run> later = new ArrayList<>();
        for (int i = 0; i < restarts; i++) {
            later.add(once(app, directory));
        }
        long ready = median(later.stream().map(run -> run.ready().toMillis()).toList());
        long resident = median(Stream.concat(Stream.of(first), later.stream())
                .map(Run::residentMiB)
                .toList());
        out.printf("%-14s %19d ms %19d ms %14d MiB%n", app.name(), first.ready().toMillis(), ready, resident);
    }

    private Run once(App app, Path directory) throws IOException, InterruptedException {
        try (AppProcess process = AppProcess.delivered(
                new PackagedApp(app.kind(), repository), app.settings(), app.portKey(), directory)) {
            Duration ready = process.awaitReady();
            return new Run(ready, settledMiB(process));
        }
    }

    /** The resident memory once it has stayed the same for a while: some of it is taken only after the start. */
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

    private static long median(List<Long> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
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
