package io.migpool.testbed.bench;

import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.testbed.bench.admission.AdmissionBench;
import io.migpool.testbed.bench.cluster.ClusterBench;
import io.migpool.testbed.bench.extender.ExtenderBench;
import io.migpool.testbed.bench.extender.PlacementBench;
import io.migpool.testbed.bench.node.NodeBench;
import io.migpool.testbed.bench.packing.PackingBench;
import io.migpool.testbed.bench.startup.StartupBench;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a benchmark by name: {@code packing [--quick] [--traces DIR]}; {@code cluster}, {@code admission}, {@code node},
 * {@code extender}, {@code placement} or {@code startup [--quick]}, in the directory of this module.
 */
public final class Bench {

    private static final String USAGE = "usage: bench packing [--quick] [--traces DIR] | bench cluster [--quick]"
            + " | bench admission [--quick] | bench node [--quick] | bench extender [--quick]"
            + " | bench placement [--quick] | bench startup [--quick]";

    private static final int PODS = 1000;
    private static final int APP_STARTS = 10;
    private static final int QUICK_APP_STARTS = 3;
    private static final int STARTS = 4;
    private static final int QUICK_PODS = 150;
    private static final int QUICK_STARTS = 2;
    private static final int REVIEWS = 20_000;
    private static final int QUICK_REVIEWS = 2_000;

    private Bench() {}

    /**
     * The entry point.
     *
     * @param args the benchmark and its options
     * @throws Exception any failure of the benchmark
     */
    public static void main(String[] args) throws Exception {
        run(List.of(args), System.out);
    }

    /**
     * Runs the benchmark that the words name.
     *
     * @throws IOException if a trace cannot be read, or a cluster does not start
     * @throws GpuException if GPUs cannot be simulated
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if the words do not name a benchmark, or name an unknown option
     */
    static void run(List<String> words, PrintStream out) throws IOException, GpuException, InterruptedException {
        List<String> given = words.stream().filter(word -> !word.isBlank()).toList();
        String name = given.isEmpty() ? "" : given.getFirst();
        List<String> options = given.stream().skip(1).toList();
        switch (name) {
            case "packing" -> packing(options, out);
            case "cluster" -> cluster(options, out);
            case "admission" -> admission(options, out);
            case "node" -> new NodeBench(Path.of(".."), out).run(isQuick(name, options));
            case "extender" ->
                ExtenderBench.ofPackaged(Path.of(".."), out, isQuick(name, options))
                        .run();
            case "placement" -> new PlacementBench(out).run(isQuick(name, options));
            case "startup" ->
                new StartupBench(Path.of("..").toAbsolutePath().normalize(), out)
                        .run(isQuick(name, options) ? QUICK_APP_STARTS : APP_STARTS);
            default ->
                throw new IllegalArgumentException(
                        "bench knows 'packing', 'cluster', 'admission', 'node', 'extender', 'placement' and 'startup', not %s; %s"
                                .formatted(given, USAGE));
        }
    }

    private static void cluster(List<String> options, PrintStream out)
            throws IOException, GpuException, InterruptedException {
        boolean quick = isQuick("cluster", options);
        new ClusterBench(out).run(quick ? QUICK_PODS : PODS, quick ? QUICK_STARTS : STARTS);
    }

    private static void admission(List<String> options, PrintStream out) throws IOException, InterruptedException {
        boolean quick = isQuick("admission", options);
        new AdmissionBench(out).run(quick ? QUICK_REVIEWS : REVIEWS);
    }

    private static boolean isQuick(String name, List<String> options) {
        boolean quick = options.equals(List.of("--quick"));
        if (!quick && !options.isEmpty()) {
            throw new IllegalArgumentException("%s does not know '%s'; %s".formatted(name, options, USAGE));
        }
        return quick;
    }

    private static void packing(List<String> options, PrintStream out) throws IOException, InterruptedException {
        boolean quick = false;
        List<Path> traces = new ArrayList<>();
        for (int i = 0; i < options.size(); i++) {
            switch (options.get(i)) {
                case "--quick" -> quick = true;
                case "--traces" -> {
                    if (++i == options.size()) {
                        throw new IllegalArgumentException("--traces needs a folder; " + USAGE);
                    }
                    traces.add(Path.of(options.get(i)));
                }
                default ->
                    throw new IllegalArgumentException(
                            "packing does not know '%s'; %s".formatted(options.get(i), USAGE));
            }
        }
        new PackingBench(out).run(quick, traces);
    }
}
