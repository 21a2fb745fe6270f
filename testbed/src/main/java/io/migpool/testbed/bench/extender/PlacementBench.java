package io.migpool.testbed.bench.extender;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.Collection;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Measures {@link PlacementChoice} with JMH in a JVM of its own, which reports progress. */
public final class PlacementBench {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final double MICROS_PER_MILLI = 1000;
    private static final int MEDIAN = 50;
    private static final int HIGH = 99;

    private final PrintStream out;

    /** @param out receives progress, the table and, as the last line, JSON */
    public PlacementBench(PrintStream out) {
        this.out = out;
    }

    /**
     * Measures and prints.
     *
     * @param quick whether to use fewer and shorter iterations
     * @throws IllegalStateException if JMH cannot run it
     */
    public void run(boolean quick) {
        Options options = new OptionsBuilder()
                .include(PlacementChoice.class.getName() + "\\.")
                .forks(1)
                .threads(1)
                .warmupIterations(quick ? 2 : 5)
                .warmupTime(TimeValue.seconds(2))
                .measurementIterations(quick ? 2 : 5)
                .measurementTime(TimeValue.seconds(quick ? 2 : 5))
                .addProfiler(GCProfiler.class)
                .build();
        try {
            print(new Runner(options).run());
        } catch (RunnerException e) {
            throw new IllegalStateException("the benchmark could not be run", e);
        }
    }

    private void print(Collection<RunResult> results) {
        ObjectNode line = JSON.createObjectNode().put("bench", "placement");
        ArrayNode cases = line.putArray("cases");
        out.printf(Locale.ROOT, "%n%8s %12s %12s %16s%n", "GPUs", "median ms", "p99 ms", "bytes/decision");
        for (RunResult result : results) {
            int gpus = Integer.parseInt(result.getParams().getParam("gpus"));
            double median = millis(result, MEDIAN);
            double high = millis(result, HIGH);
            long bytes = bytes(result);
            out.printf(Locale.ROOT, "%8d %12.3f %12.3f %16d%n", gpus, median, high, bytes);
            cases.addObject()
                    .put("gpus", gpus)
                    .put("p50_ms", median)
                    .put("p99_ms", high)
                    .put("bytes_per_decision", bytes);
        }
        out.println();
        out.println(line);
    }

    private static double millis(RunResult result, int percent) {
        return Math.round(result.getPrimaryResult().getStatistics().getPercentile(percent)) / MICROS_PER_MILLI;
    }

    private static long bytes(RunResult result) {
        Result<?> allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
        return allocated == null ? -1 : Math.round(allocated.getScore());
    }
}
