package io.migpool.testbed.bench;

import io.migpool.testbed.bench.SteadyState.Outcome;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Compares the rules on every scenario, on all processors, and says how far it is. */
final class PackingBench {

    private static final Duration SAY_EVERY = Duration.ofSeconds(2);

    private final PrintStream out;

    PackingBench(PrintStream out) {
        this.out = out;
    }

    /**
     * Runs and reports. Figures depend on the scenarios alone, not on the number of processors.
     *
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    List<Comparison> run(List<Scenario> scenarios) throws InterruptedException {
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

    /** Says at most every other second how many runs are done. */
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
