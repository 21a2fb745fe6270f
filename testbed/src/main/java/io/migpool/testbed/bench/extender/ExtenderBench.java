package io.migpool.testbed.bench.extender;

import io.migpool.testbed.bench.extender.HttpExtender.Load;
import io.migpool.testbed.bench.extender.InProcessExtender.Sampled;
import io.migpool.testbed.bench.load.ClusterSize;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Measures the extender's verbs on generated clusters, one after another, and reports progress. */
public final class ExtenderBench {

    private static final ClusterSize THOUSAND = new ClusterSize(1000, 8, 20_000);
    private static final ClusterSize FIVE_THOUSAND = new ClusterSize(5000, 8, 100_000);

    /** The sizes on which HAMi measures its own scheduler. */
    private static final List<ClusterSize> HAMI = List.of(new ClusterSize(50, 8, 1000), new ClusterSize(100, 16, 5000));

    private static final int STEADY_PER_SECOND = 500;

    private final PrintStream out;
    private final boolean quick;

    /**
     * @param out receives progress, the table and, as the last line, JSON
     * @param quick whether to use fewer sizes and shorter runs
     */
    public ExtenderBench(PrintStream out, boolean quick) {
        this.out = out;
        this.quick = quick;
    }

    /**
     * Measures and prints.
     *
     * @throws IOException if the application does not start or does not answer
     * @throws InterruptedException if the thread is interrupted
     */
    public void run() throws IOException, InterruptedException {
        List<Figures> figures = new ArrayList<>();
        for (ClusterSize size : quick ? List.of(HAMI.getLast()) : HAMI) {
            figures.addAll(inProcess(load(size), size, List.of(size.nodes())));
        }
        figures.addAll(thousand());
        figures.addAll(
                inProcess(load(FIVE_THOUSAND), FIVE_THOUSAND, quick ? List.of(5000) : List.of(100, 500, 1000, 5000)));
        List<Scrapes> scrapes = new ArrayList<>();
        List<Loaded> loaded = new ArrayList<>();
        figures.addAll(overHttp(THOUSAND, quick ? List.of(1000) : List.of(100, 500, 1000), scrapes, loaded));
        if (!quick) {
            figures.addAll(overHttp(FIVE_THOUSAND, List.of(1000, 5000), scrapes, loaded));
        }
        out.print(ExtenderReport.table(figures, scrapes, loaded));
        out.println(ExtenderReport.json(figures, scrapes, loaded));
    }

    private InProcessExtender load(ClusterSize size) {
        say("loading %s", size.text());
        return new InProcessExtender(size);
    }

    private Duration time(long quickMillis, long millis) {
        return Duration.ofMillis(quick ? quickMillis : millis);
    }

    private List<Figures> inProcess(InProcessExtender extender, ClusterSize size, List<Integer> nodeNames) {
        List<Figures> figures = new ArrayList<>();
        for (int count : nodeNames) {
            extender.turns(count, time(700, 5000));
            Sampled sampled = extender.turns(count, time(700, 10_000));
            figures.addAll(sampled.inProcess(size, count));
            say(
                    "  %4d names in process: filter p50 %.3f ms, p99 %.3f ms",
                    count, sampled.filter().millis(0.5), sampled.filter().millis(0.99));
        }
        return figures;
    }

    private List<Figures> thousand() {
        InProcessExtender extender = load(THOUSAND);
        List<Figures> figures =
                new ArrayList<>(inProcess(extender, THOUSAND, quick ? List.of(1000) : List.of(100, 500, 1000)));
        figures.add(atQuota(extender));
        return figures;
    }

    private Figures atQuota(InProcessExtender extender) {
        extender.atQuota(THOUSAND.nodes(), time(300, 2000));
        Samples refused = extender.atQuota(THOUSAND.nodes(), time(400, 5000));
        say("  at a quota: filter p50 %.3f ms, p99 %.3f ms", refused.millis(0.5), refused.millis(0.99));
        return Figures.inProcess(THOUSAND, "filter at quota", THOUSAND.nodes(), refused);
    }

    private List<Figures> overHttp(
            ClusterSize size, List<Integer> nodeNames, List<Scrapes> scrapes, List<Loaded> loaded)
            throws IOException, InterruptedException {
        say("loading %s into the application", size.text());
        List<Figures> figures = new ArrayList<>();
        try (HttpExtender extender = new HttpExtender(size, Files.createTempDirectory("migpool-bench"))) {
            Duration first = extender.firstDecision();
            Loaded all = new Loaded(size, heapMiB(), first);
            loaded.add(all);
            say("  first decision after %.1f s, heap after collection: %.0f MiB", all.firstSeconds(), all.heapMiB());
            for (int count : nodeNames) {
                extender.saturated(count, time(6500, 10_000));
                // The lighter loads leave the compilers time to catch up before the heaviest is measured.
                extender.turns(count, time(500, 3000));
                Sampled sampled = extender.turns(count, time(1000, 5000));
                Load steady = extender.paced(count, STEADY_PER_SECOND, time(2000, 20_000));
                Load full = extender.saturated(count, time(2000, 10_000));
                figures.add(new Figures(
                        size, "filter", "http", count, steady.samples(), full.perSecond(), steady.bytesPerCall()));
                figures.add(Figures.overHttp(size, "prioritize", count, sampled.prioritize()));
                figures.add(Figures.overHttp(size, "bind", count, sampled.bind()));
                say(
                        "  %4d names over HTTP: filter p99 %.2f ms at %d/s, %.0f/s at most",
                        count, steady.samples().millis(0.99), STEADY_PER_SECOND, full.perSecond());
            }
            extender.scrapes(quick ? 2 : 10);
            Scrapes asked = extender.scrapes(quick ? 5 : 40);
            scrapes.add(asked);
            say(
                    "  all figures over HTTP: p50 %.0f ms, %.1f MiB",
                    asked.samples().millis(0.5), asked.mebibytes());
        }
        return figures;
    }

    private static double heapMiB() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) / (double) (1 << 20);
    }

    private void say(String format, Object... values) {
        out.printf(Locale.ROOT, format + "%n", values);
    }
}
