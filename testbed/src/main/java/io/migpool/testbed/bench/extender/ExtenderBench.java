package io.migpool.testbed.bench.extender;

import io.migpool.testbed.app.AppJvm;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.app.PackagedApp;
import io.migpool.testbed.bench.extender.Extent.Cluster;
import io.migpool.testbed.bench.extender.Extent.Times;
import io.migpool.testbed.bench.extender.HttpExtender.Load;
import io.migpool.testbed.bench.extender.InProcessExtender.Sampled;
import io.migpool.testbed.bench.load.ClusterSize;
import io.migpool.testbed.cluster.Directories;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Measures the extender's verbs on generated clusters, one after another, and reports progress. */
public final class ExtenderBench {

    private static final int STEADY_PER_SECOND = 500;

    private final HttpExtender.Launch launch;
    private final PrintStream out;
    private final Extent extent;
    private final Times times;

    /**
     * @param launch starts the application that is measured over HTTP
     * @param out receives progress, the table and, as the last line, JSON
     */
    ExtenderBench(HttpExtender.Launch launch, PrintStream out, Extent extent) {
        this.launch = launch;
        this.out = out;
        this.extent = extent;
        this.times = extent.times();
    }

    /**
     * Creates the benchmark of the extender as Maven packages it.
     *
     * @param repository the directory with the modules, which have been packaged
     * @param out receives progress, the table and, as the last line, JSON
     * @param quick whether to use fewer sizes and shorter runs
     */
    public static ExtenderBench ofPackaged(Path repository, PrintStream out, boolean quick) {
        PackagedApp app = new PackagedApp(AppKind.EXTENDER, repository);
        return new ExtenderBench(
                (settings, portKey, directory) -> AppProcess.delivered(app, settings, portKey, directory),
                out,
                quick ? Extent.QUICK : Extent.FULL);
    }

    /**
     * Measures and prints.
     *
     * @throws IOException if the application does not start or does not answer
     * @throws InterruptedException if the thread is interrupted
     */
    public void run() throws IOException, InterruptedException {
        List<Figures> figures = new ArrayList<>();
        for (ClusterSize size : extent.fixtures()) {
            figures.addAll(inProcess(load(size), size, List.of(size.nodes())));
        }
        figures.addAll(usual(extent.usual()));
        Cluster large = extent.large();
        figures.addAll(inProcess(load(large.size()), large.size(), large.inProcess()));
        List<Scrapes> scrapes = new ArrayList<>();
        List<Loaded> loaded = new ArrayList<>();
        for (Cluster cluster : List.of(extent.usual(), large)) {
            if (!cluster.overHttp().isEmpty()) {
                figures.addAll(overHttp(cluster, scrapes, loaded));
            }
        }
        out.print(ExtenderReport.table(figures, scrapes, loaded));
        out.println(ExtenderReport.json(figures, scrapes, loaded));
    }

    private InProcessExtender load(ClusterSize size) {
        say("loading %s", size.text());
        return new InProcessExtender(size);
    }

    private List<Figures> inProcess(InProcessExtender extender, ClusterSize size, List<Integer> nodeNames) {
        List<Figures> figures = new ArrayList<>();
        for (int count : nodeNames) {
            extender.turns(count, times.inProcess().before());
            Sampled sampled = extender.turns(count, times.inProcess().measured());
            figures.addAll(sampled.inProcess(size, count));
            say(
                    "  %4d names in process: filter p50 %.3f ms, p99 %.3f ms",
                    count, sampled.filter().millis(0.5), sampled.filter().millis(0.99));
        }
        return figures;
    }

    private List<Figures> usual(Cluster cluster) {
        ClusterSize size = cluster.size();
        InProcessExtender extender = load(size);
        List<Figures> figures = new ArrayList<>(inProcess(extender, size, cluster.inProcess()));
        extender.atQuota(size.nodes(), times.atQuota().before());
        Samples refused = extender.atQuota(size.nodes(), times.atQuota().measured());
        say("  at a quota: filter p50 %.3f ms, p99 %.3f ms", refused.millis(0.5), refused.millis(0.99));
        figures.add(Figures.inProcess(size, "filter at quota", size.nodes(), refused));
        return figures;
    }

    private List<Figures> overHttp(Cluster cluster, List<Scrapes> scrapes, List<Loaded> loaded)
            throws IOException, InterruptedException {
        say("loading %s into the application", cluster.size().text());
        Path directory = Files.createTempDirectory("migpool-bench");
        try (HttpExtender extender = new HttpExtender(cluster.size(), directory, launch)) {
            Duration first = extender.firstDecision();
            double heapMiB = extender.heapMiB();
            say("  first decision after %.1f s, heap after collection: %.0f MiB", first.toMillis() / 1000.0, heapMiB);
            List<Figures> figures = new ArrayList<>();
            for (int count : cluster.overHttp()) {
                figures.addAll(overHttp(extender, cluster.size(), count));
            }
            extender.scrapes(times.scrapesBefore());
            Scrapes asked = extender.scrapes(times.scrapes());
            scrapes.add(asked);
            loaded.add(new Loaded(cluster.size(), first, heapMiB, extender.heapMiB()));
            say(
                    "  all figures over HTTP: p50 %.0f ms, %.1f MiB",
                    asked.samples().millis(0.5), asked.mebibytes());
            return figures;
        } finally {
            Directories.delete(directory);
        }
    }

    private List<Figures> overHttp(HttpExtender extender, ClusterSize size, int count)
            throws IOException, InterruptedException {
        extender.saturated(count, times.saturated().before());
        // The lighter loads leave the compilers time to catch up before the heaviest is measured.
        extender.turns(count, times.turns().before());
        Sampled sampled = extender.turns(count, times.turns().measured());
        AppJvm.Allocated before = extender.allocated();
        Load steady = extender.paced(count, STEADY_PER_SECOND, times.paced());
        long bytesPerCall = extender.allocated().bytesSince(before)
                / Math.max(1, steady.samples().count());
        Load full = extender.saturated(count, times.saturated().measured());
        say(
                "  %4d names over HTTP: filter p99 %.2f ms at %d/s, %.0f/s at most",
                count, steady.samples().millis(0.99), STEADY_PER_SECOND, full.perSecond());
        return List.of(
                new Figures(size, "filter", "http", count, steady.samples(), full.perSecond(), bytesPerCall),
                Figures.overHttp(size, "prioritize", count, sampled.prioritize()),
                Figures.overHttp(size, "bind", count, sampled.bind()));
    }

    private void say(String format, Object... values) {
        out.printf(Locale.ROOT, format + "%n", values);
    }
}
