package io.migpool.testbed.demo;

import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Starts a cluster, runs the demo's script or the user's own pods, and stops the cluster or keeps it until interrupted.
 */
public final class Demo {

    private static final Duration CREATION = Duration.ofMillis(300);

    private final Terminal terminal;
    private final DemoOptions options;

    private Demo(Terminal terminal, DemoOptions options) {
        this.terminal = terminal;
        this.options = options;
    }

    /**
     * Runs the demo; fails if a pod that should run does not.
     *
     * @param arguments {@code --keep=true|false} and {@code --file=PATH}, both optional
     */
    public static void main(String[] arguments) throws Exception {
        PrintStream errors = System.err;
        // Users need the message, not a stack trace; the exit status is 1 either way.
        Thread.currentThread().setUncaughtExceptionHandler((thread, failure) -> {
            errors.println("demo failed: " + failure.getMessage());
            if (!(failure instanceof DemoFailedException)) {
                failure.printStackTrace(errors);
            }
        });
        Terminal terminal = Terminal.standard(System.getenv());
        new Demo(terminal, DemoOptions.parse(List.of(arguments))).run();
    }

    private void run() throws Exception {
        terminal.line(
                terminal.style(Terminal.Style.BOLD, "MigPool")
                        + " — a pod gets exactly the GPU slice that it asks for. One JVM, the real applications, simulated GPUs.");
        terminal.blank();
        try (EmbeddedCluster cluster = terminal.progress(
                "API server, scheduler, 3 kubelets, admission, extender, 3 node agents",
                () -> EmbeddedCluster.start(spec()))) {
            Pool pool = new Pool(cluster, terminal);
            if (options.file().isPresent()) {
                new UserPods(pool, terminal).run(options.file().get());
            } else {
                new Story(pool, terminal).tell();
            }
            if (options.keep()) {
                keep(cluster);
            }
        }
    }

    private static ClusterSpec spec() throws IOException {
        return ClusterSpec.fast(
                        List.of(
                                NodeSpec.mig("mig-node-a", "NVIDIA A100-SXM4-80GB:2"),
                                NodeSpec.mig("mig-node-b", "NVIDIA H100 80GB HBM3:4"),
                                NodeSpec.shared("core-node-c", "NVIDIA A100-SXM4-80GB:2")),
                        resource("device-config.yaml"),
                        resource("config.json"))
                .withCreateLatency(CREATION);
    }

    static String resource(String name) throws IOException {
        try (InputStream stream = Demo.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IOException("the demo's file " + name + " is not on the class path");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void keep(EmbeddedCluster cluster) throws IOException, InterruptedException {
        Path kubeconfig = Files.createTempFile("migpool-", ".kubeconfig");
        Files.writeString(kubeconfig, cluster.kubeconfig());
        terminal.title("The cluster stays up; Ctrl-C stops it");
        terminal.line("  export KUBECONFIG=" + kubeconfig);
        terminal.line("  kubectl get pods -o wide");
        terminal.line("  curl http://127.0.0.1:" + cluster.extender().port("admin") + "/metrics");
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(cluster, kubeconfig, stopped), "demo-end"));
        interrupted.await();
    }

    private static void end(EmbeddedCluster cluster, Path kubeconfig, CountDownLatch stopped) {
        try {
            Files.deleteIfExists(kubeconfig);
            cluster.close();
        } catch (IOException e) {
            System.err.println(e.getMessage());
        } finally {
            stopped.countDown();
        }
    }
}
