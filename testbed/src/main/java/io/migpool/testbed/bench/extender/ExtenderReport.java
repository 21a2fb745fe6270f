package io.migpool.testbed.bench.extender;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;

/** Reports the results: a table for people, one JSON line for scripts. */
final class ExtenderReport {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final double THOUSANDTHS = 1000;

    private ExtenderReport() {}

    /** Returns the table, ending in a line break. */
    static String table(List<Figures> figures, List<Scrapes> scrapes, List<Loaded> loaded) {
        StringBuilder table = new StringBuilder();
        table.append(String.format(
                Locale.ROOT,
                "%n%-30s %-15s %-10s %6s %9s %9s %9s %10s %12s%n",
                "cluster",
                "verb",
                "transport",
                "names",
                "p50 ms",
                "p99 ms",
                "max ms",
                "per second",
                "bytes/call"));
        for (Figures line : figures) {
            table.append(String.format(
                    Locale.ROOT,
                    "%-30s %-15s %-10s %6d %9.3f %9.3f %9.3f %10.0f %12d%n",
                    line.size().text(),
                    line.verb(),
                    line.transport(),
                    line.nodeNames(),
                    line.samples().millis(0.5),
                    line.samples().millis(0.99),
                    line.samples().millis(1),
                    line.perSecond(),
                    line.bytesPerCall()));
        }
        table.append(String.format(Locale.ROOT, "%n%-30s %9s %9s %9s%n", "all figures", "p50 ms", "max ms", "MiB"));
        for (Scrapes line : scrapes) {
            table.append(String.format(
                    Locale.ROOT,
                    "%-30s %9.1f %9.1f %9.1f%n",
                    line.size().text(),
                    line.samples().millis(0.5),
                    line.samples().millis(1),
                    line.mebibytes()));
        }
        table.append(String.format(
                Locale.ROOT,
                "%n%-30s %16s %9s %14s%n",
                "the application loaded",
                "first decision s",
                "heap MiB",
                "after all MiB"));
        for (Loaded line : loaded) {
            table.append(String.format(
                    Locale.ROOT,
                    "%-30s %16.1f %9.0f %14.0f%n",
                    line.size().text(),
                    line.firstSeconds(),
                    line.heapMiB(),
                    line.laterHeapMiB()));
        }
        table.append(System.lineSeparator());
        return table.toString();
    }

    /** Returns the line for scripts. */
    static String json(List<Figures> figures, List<Scrapes> scrapes, List<Loaded> loaded) {
        ObjectNode line = JSON.createObjectNode().put("bench", "extender");
        ArrayNode cases = line.putArray("cases");
        for (Figures figure : figures) {
            cases.addObject()
                    .put("nodes", figure.size().nodes())
                    .put("gpus_per_node", figure.size().gpusPerNode())
                    .put("pods", figure.size().pods())
                    .put("verb", figure.verb())
                    .put("transport", figure.transport())
                    .put("node_names", figure.nodeNames())
                    .put("p50_ms", rounded(figure.samples().millis(0.5)))
                    .put("p99_ms", rounded(figure.samples().millis(0.99)))
                    .put("max_ms", rounded(figure.samples().millis(1)))
                    .put("per_second", Math.round(figure.perSecond()))
                    .put("bytes_per_call", figure.bytesPerCall());
        }
        ArrayNode asked = line.putArray("scrapes");
        for (Scrapes scrape : scrapes) {
            asked.addObject()
                    .put("nodes", scrape.size().nodes())
                    .put("gpus_per_node", scrape.size().gpusPerNode())
                    .put("pods", scrape.size().pods())
                    .put("p50_ms", rounded(scrape.samples().millis(0.5)))
                    .put("max_ms", rounded(scrape.samples().millis(1)))
                    .put("bytes", scrape.bytes());
        }
        ArrayNode starts = line.putArray("loaded");
        for (Loaded each : loaded) {
            starts.addObject()
                    .put("nodes", each.size().nodes())
                    .put("gpus_per_node", each.size().gpusPerNode())
                    .put("pods", each.size().pods())
                    .put("heap_mib", Math.round(each.heapMiB()))
                    .put("later_heap_mib", Math.round(each.laterHeapMiB()))
                    .put("first_decision_s", each.firstSeconds());
        }
        return line.put(
                        "heap_mib",
                        Math.round(loaded.stream()
                                .mapToDouble(Loaded::mostHeapMiB)
                                .max()
                                .orElse(0)))
                .toString();
    }

    private static double rounded(double millis) {
        return Math.round(millis * THOUSANDTHS) / THOUSANDTHS;
    }
}
