package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.packing.SteadyState.Outcome;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Compares the rules on every scenario, on all processors, and reports progress. */
public final class PackingBench {

    private static final int REPLAYS = 40;
    private static final int QUICK_REPLAYS = 4;
    private static final Duration SAY_EVERY = Duration.ofSeconds(2);

    private final PrintStream out;

    /** @param out receives progress, the table and, as the last line, JSON */
    public PackingBench(PrintStream out) {
        this.out = out;
    }

    /**
     * Measures and prints. Results depend only on the scenarios, not on the number of processors.
     *
     * @param quick whether to use fewer scenarios and runs
     * @param traces folders of traces to replay as well
     * @throws IOException if a trace cannot be read
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public void run(boolean quick, List<Path> traces) throws IOException, InterruptedException {
        List<TraceReplay> replays = new ArrayList<>();
        for (Path folder : traces) {
            replays.addAll(TraceReplay.in(folder));
        }
        List<Scenario> scenarios = new ArrayList<>(quick ? Scenario.quick() : Scenario.full());
        scenarios.addAll(Scenario.replays(replays, quick ? QUICK_REPLAYS : REPLAYS));
        List<Comparison> comparisons = compare(scenarios);
        out.println();
        out.println(PackingReport.json(comparisons));
    }

    private List<Comparison> compare(List<Scenario> scenarios) throws InterruptedException {
        int threads = Runtime.getRuntime().availableProcessors();
        int runs = scenarios.stream().mapToInt(Scenario::runs).sum();
        out.printf(
                Locale.ROOT,
                "Packing: %d rules, %d scenarios, %d runs on the same arrivals each, %d threads%n",
                Rule.all().size(),
                scenarios.size(),
                runs,
                threads);
        List<Comparison> comparisons = new ArrayList<>();
        ExecutorService workers = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("packing-", 0).factory());
        try {
            Progress progress = new Progress(runs);
            for (Scenario scenario : scenarios) {
                Comparison comparison = compare(scenario, workers, progress);
                comparisons.add(comparison);
                out.print(PackingReport.table(comparison));
            }
        } finally {
            workers.shutdownNow();
        }
        return comparisons;
    }

    private static Comparison compare(Scenario scenario, ExecutorService workers, Progress progress)
            throws InterruptedException {
        List<Future<Map<Rule, Outcome>>> futures = new ArrayList<>();
        for (int run = 0; run < scenario.runs(); run++) {
            int number = run;
            futures.add(workers.submit(() -> Comparison.run(scenario, number)));
        }
        List<Map<Rule, Outcome>> runs = new ArrayList<>();
        for (Future<Map<Rule, Outcome>> future : futures) {
            try {
                runs.add(future.get());
            } catch (ExecutionException e) {
                throw new IllegalStateException("a run of '%s' failed".formatted(scenario.title()), e.getCause());
            }
            progress.step();
        }
        return new Comparison(scenario, runs);
    }

    /** Reports the number of finished runs, at most every other second. */
    private final class Progress {

        private final int all;
        private int done;
        private long saidAt = System.nanoTime();

        Progress(int all) {
            this.all = all;
        }

        void step() {
            done++;
            if (System.nanoTime() - saidAt >= SAY_EVERY.toNanos()) {
                saidAt = System.nanoTime();
                out.printf(Locale.ROOT, "  … %d of %d runs%n", done, all);
            }
        }
    }
}
