package io.migpool.testbed.bench.node;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Locale;

/**
 * The measurements.
 *
 * @param burstSeconds from the first of the burst's pods being created to all of them running, in seconds
 * @param overheadMillis PreStartContainer excluding the driver's own time, one value for each start, in milliseconds
 * @param firstStartSeconds from the very first start of the process on a node, without instances, to readiness, in seconds
 * @param adoptionSeconds from the start of the process to readiness with all instances adopted, in seconds
 * @param rssMiB resident memory of the process with all instances active, in MiB
 */
record NodeFigures(
        double burstSeconds,
        List<Double> overheadMillis,
        double firstStartSeconds,
        double adoptionSeconds,
        long rssMiB) {

    private static final double BURST_BUDGET_SECONDS = 5;
    private static final double OVERHEAD_BUDGET_MILLIS = 30;
    private static final double ADOPTION_BUDGET_SECONDS = 3;
    private static final long RSS_BUDGET_MIB = 256;
    private static final double P50 = 0.5;
    private static final double P99 = 0.99;
    private static final double TENTHS = 10;
    private static final double HUNDREDTHS = 100;

    NodeFigures {
        overheadMillis = List.copyOf(overheadMillis);
    }

    /** Returns the value below which this share of the starts lies, by nearest rank. */
    double overhead(double part) {
        double[] sorted = overheadMillis.stream()
                .mapToDouble(Double::doubleValue)
                .sorted()
                .toArray();
        int rank = (int) Math.ceil(part * sorted.length);
        return sorted[Math.clamp(rank - 1, 0, sorted.length - 1)];
    }

    /** Returns the table for people, ending in a line break. */
    String table() {
        return String.join(
                "",
                row("", "measured", "budget"),
                row("burst of 40 pods, 0.3 s per cut", "%.2f s".formatted(burstSeconds), seconds(BURST_BUDGET_SECONDS)),
                row(
                        "PreStart beyond the driver, p50 of " + overheadMillis.size(),
                        "%.1f ms".formatted(overhead(P50)),
                        ""),
                row(
                        "PreStart beyond the driver, p99",
                        "%.1f ms".formatted(overhead(P99)),
                        "%.0f ms".formatted(OVERHEAD_BUDGET_MILLIS)),
                row("first start on a node", "%.2f s".formatted(firstStartSeconds), ""),
                row(
                        "56 instances adopted after kill -9",
                        "%.2f s".formatted(adoptionSeconds),
                        seconds(ADOPTION_BUDGET_SECONDS)),
                row("resident memory, 8 GPUs, 56 instances", rssMiB + " MiB", RSS_BUDGET_MIB + " MiB"));
    }

    private static String seconds(double value) {
        return String.format(Locale.ROOT, "%.0f s", value);
    }

    private static String row(String what, String measured, String budget) {
        return String.format(Locale.ROOT, "%-42s %12s %10s%n", what, measured, budget);
    }

    /** Returns the line for scripts. */
    String json() {
        return JsonMapper.builder()
                .build()
                .createObjectNode()
                .put("bench", "node")
                .put("burst_seconds", rounded(burstSeconds, HUNDREDTHS))
                .put("prestart_overhead_p99_ms", rounded(overhead(P99), TENTHS))
                .put("first_start_seconds", rounded(firstStartSeconds, HUNDREDTHS))
                .put("adoption_seconds", rounded(adoptionSeconds, HUNDREDTHS))
                .put("rss_mib", rssMiB)
                .toString();
    }

    private static double rounded(double value, double parts) {
        return Math.round(value * parts) / parts;
    }
}
