package io.migpool.testbed.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a benchmark by name: {@code packing [--quick] [--traces DIR]}. */
public final class Bench {

    private static final String USAGE = "usage: bench packing [--quick] [--traces DIR]";

    private Bench() {}

    /**
     * The entry point.
     *
     * @param args the benchmark and its options
     * @throws InterruptedException if the thread is interrupted
     * @throws IOException if a trace cannot be read
     */
    public static void main(String[] args) throws InterruptedException, IOException {
        run(List.of(args), System.out);
    }

    /**
     * Runs what the words say.
     *
     * @throws IOException if a trace cannot be read
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if they name no benchmark or an option that it does not know
     */
    static void run(List<String> words, PrintStream out) throws InterruptedException, IOException {
        List<String> given = words.stream().filter(word -> !word.isBlank()).toList();
        if (given.isEmpty() || !"packing".equals(given.getFirst())) {
            throw new IllegalArgumentException("bench knows 'packing', not %s; %s".formatted(given, USAGE));
        }
        boolean quick = false;
        List<TraceReplay> traces = List.of();
        for (int i = 1; i < given.size(); i++) {
            switch (given.get(i)) {
                case "--quick" -> quick = true;
                case "--traces" -> {
                    if (++i == given.size()) {
                        throw new IllegalArgumentException("--traces needs a folder; " + USAGE);
                    }
                    traces = TraceReplay.in(Path.of(given.get(i)));
                }
                default ->
                    throw new IllegalArgumentException("packing does not know '%s'; %s".formatted(given.get(i), USAGE));
            }
        }
        List<Scenario> scenarios = new ArrayList<>(quick ? Scenario.quick() : Scenario.full());
        scenarios.addAll(Scenario.replays(traces, quick ? 4 : 40));
        List<Comparison> comparisons = new PackingBench(out).run(scenarios);
        out.println();
        out.println(PackingReport.json(comparisons));
    }
}
