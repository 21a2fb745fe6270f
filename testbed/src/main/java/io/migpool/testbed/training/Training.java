package io.migpool.testbed.training;

import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.testbed.app.AppImage;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.Directories;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.EmbeddedNode;
import io.migpool.testbed.cluster.GpuPods;
import io.migpool.testbed.cluster.NodeSpec;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Starts each application from its image, takes a few pods from admission to a running container, and stops it. The JVM
 * then writes an AOT cache (JEP 483, 514 and 515) with the loaded and linked classes and the profiles of hot methods.
 *
 * <p>The caches go to {@code target/trained/migpool.aot} of each application's module, from where they are added to the
 * images. A cache is valid only with the runtime and the jars with which it was written.
 */
public final class Training {

    private static final String UNTRAINED = "untrained.tar";
    private static final String CACHE = "trained/migpool.aot";

    /**
     * Machine code would tie the cache to the processor of the build machine. A JVM that does not know these options
     * fails on purpose: check first what its cache would contain.
     */
    private static final List<String> NO_MACHINE_CODE =
            List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching", "-XX:-AOTStubCaching");

    private static final String NODE = "node-a";
    private static final String BOARDS = "NVIDIA A100-SXM4-80GB:2";
    private static final int PODS = 4;
    private static final int SLICE_MIB = 8000;
    private static final Duration LONGEST_END = Duration.ofMinutes(5);
    private static final int LAST_LINES = 20;
    private static final int LONGEST_LINE = 400;
    private static final double MEBIBYTE = 1 << 20;

    private static final String DEVICE_CONFIG = """
            nvidia:
              resourceCountName: nvidia.com/gpu
              resourceMemoryName: nvidia.com/gpumem
            """;
    private static final String NODE_CONFIG = """
            {"nodeconfig": [{"name": "%s", "operatingmode": "mig"}]}
            """.formatted(NODE);

    private final Path repository;
    private final PrintStream out;

    private Training(Path repository, PrintStream out) {
        this.repository = repository;
        this.out = out;
    }

    /** An application in training, and the path of its cache. */
    private record Trainee(AppKind kind, AppProcess process, Path cache) {

        void awaitReady() throws IOException, InterruptedException {
            try {
                process.awaitReady();
            } catch (IOException e) {
                throw new IOException(kind + " cannot be trained", e);
            }
        }

        /** Returns the end of its log, without the class path, which the JVM prints when it writes the cache. */
        String lastLines() throws IOException {
            List<String> lines = process.log()
                    .lines()
                    .map(line -> line.substring(0, Math.min(line.length(), LONGEST_LINE)))
                    .toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
        }
    }

    /**
     * Trains the images in {@code target/untrained.tar} of the applications' modules.
     *
     * @param args the directory with the modules
     * @throws IOException if an image is absent, does not start or writes no cache
     * @throws GpuException if GPUs cannot be simulated
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws IOException, GpuException, InterruptedException {
        // A build that is interrupted leaves no application behind.
        Runtime.getRuntime().addShutdownHook(new Thread(Training::killApplications, "kill-applications"));
        new Training(Path.of(args[0]).toAbsolutePath().normalize(), System.out).run();
    }

    private static void killApplications() {
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    }

    private void run() throws IOException, GpuException, InterruptedException {
        try (EmbeddedCluster cluster = EmbeddedCluster.start(
                ClusterSpec.fast(List.of(NodeSpec.mig(NODE, BOARDS)), DEVICE_CONFIG, NODE_CONFIG))) {
            train(cluster);
        } finally {
            for (AppKind kind : AppKind.values()) {
                Directories.delete(unpacked(kind));
            }
        }
    }

    private void train(EmbeddedCluster cluster) throws IOException, InterruptedException {
        List<Trainee> trainees = new ArrayList<>();
        try {
            for (AppKind kind : AppKind.values()) {
                trainees.add(start(kind, cluster));
            }
            for (Trainee trainee : trainees) {
                trainee.awaitReady();
            }
            work(new GpuPods(cluster.client()), trainees);
            // All at once, because each writes its cache on one processor.
            for (Trainee trainee : trainees) {
                trainee.process().end(Duration.ZERO);
            }
            for (Trainee trainee : trainees) {
                end(trainee);
            }
        } finally {
            for (Trainee trainee : trainees) {
                trainee.process().close();
            }
        }
    }

    private Path unpacked(AppKind kind) throws IOException {
        return Files.createDirectories(AppImage.target(kind, repository).resolve("untrained"));
    }

    private Trainee start(AppKind kind, EmbeddedCluster cluster) throws IOException {
        Path target = AppImage.target(kind, repository);
        Path cache = target.resolve(CACHE);
        Files.createDirectories(cache.getParent());
        Files.deleteIfExists(cache);
        AppImage image = AppImage.unpack(kind, target.resolve(UNTRAINED), unpacked(kind))
                .withOptions(NO_MACHINE_CODE)
                .withOptions(List.of("-XX:AOTCacheOutput=" + cache));
        return new Trainee(kind, start(image, cluster), cache);
    }

    private static AppProcess start(AppImage image, EmbeddedCluster cluster) throws IOException {
        if (image.kind() == AppKind.DEVICE_PLUGIN) {
            EmbeddedNode node = cluster.node(NODE);
            node.stopAgent();
            return node.startDeliveredAgent(image, Map.of());
        }
        return cluster.startDelivered(image);
    }

    private static void work(GpuPods pods, List<Trainee> trainees) throws IOException, InterruptedException {
        try {
            for (int i = 0; i < PODS; i++) {
                pods.create("pod-" + i, SLICE_MIB);
                pods.awaitRunning("pod-" + i);
            }
            for (Trainee trainee : trainees) {
                // Any metric will do, because each call reads all of them.
                trainee.process().metric("jvm_uptime_seconds");
            }
            pods.deleteAll();
        } catch (ConditionTimeoutException e) {
            StringBuilder logs = new StringBuilder("the applications do not let pods run; their logs end with");
            for (Trainee trainee : trainees) {
                logs.append("\n--- ").append(trainee.kind()).append('\n').append(trainee.lastLines());
            }
            throw new IOException(logs.toString(), e);
        }
    }

    private void end(Trainee trainee) throws IOException, InterruptedException {
        boolean ended = trainee.process().end(LONGEST_END);
        if (!ended || Files.notExists(trainee.cache())) {
            throw new IOException("%s %s; its log ends with%n%s"
                    .formatted(trainee.kind(), ended ? "has written no cache" : "does not end", trainee.lastLines()));
        }
        out.printf("%s: %.0f MiB%n", trainee.cache(), Files.size(trainee.cache()) / MEBIBYTE);
    }
}
