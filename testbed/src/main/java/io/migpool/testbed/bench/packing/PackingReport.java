package io.migpool.testbed.bench.packing;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.packing.SteadyState.Outcome;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Reports the results: tables for people, one JSON line for scripts. */
final class PackingReport {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final double HUNDREDTHS = 100;

    private PackingReport() {}

    /** Returns the table of one scenario, ending in a line break. */
    static String table(Comparison comparison) {
        StringBuilder table = new StringBuilder();
        Board board = comparison.scenario().workload().board();
        table.append('\n').append(comparison.scenario().title()).append('\n');
        table.append(String.format(
                Locale.ROOT,
                "%-14s %14s %14s %16s  %-47s %8s %9s%n",
                "rule",
                "slices %",
                "count %",
                "vs fgd-told",
                board.profiles().stream()
                        .map(RequestedProfile::migName)
                        .collect(Collectors.joining(" / ", "% of ", "")),
                "stranded",
                "us"));
        for (Rule rule : Rule.all()) {
            StringBuilder profiles = new StringBuilder();
            for (RequestedProfile profile : board.profiles()) {
                profiles.append(String.format(Locale.ROOT, "%6.1f ", comparison.acceptance(rule, profile)));
            }
            double stranded = comparison.strandedUnits(rule);
            table.append(String.format(
                    Locale.ROOT,
                    "%-14s %14s %14s %16s  %-47s %8s %9.1f%n",
                    rule.label(),
                    comparison.estimate(rule, Outcome::sliceAcceptance).text(),
                    comparison.estimate(rule, Outcome::countAcceptance).text(),
                    rule == Rule.FGD_TOLD
                            ? ""
                            : comparison.sliceAdvantage(rule, Rule.FGD_TOLD).text(),
                    profiles,
                    Double.isNaN(stranded) ? "" : String.format(Locale.ROOT, "%.2f", stranded),
                    comparison.estimate(rule, Outcome::nanosPerDecision).mean() / 1000));
        }
        return table.toString();
    }

    /** Returns the line for scripts: acceptance at full load on 100 GPUs, in percent. */
    static String json(List<Comparison> comparisons) {
        ObjectNode line = JSON.createObjectNode().put("bench", "packing").put("load", Scenario.FULL_LOAD);
        line.set("slice_acceptance", byMix(comparisons, Outcome::sliceAcceptance));
        line.set("count_acceptance", byMix(comparisons, Outcome::countAcceptance));
        return line.toString();
    }

    private static ObjectNode byMix(List<Comparison> comparisons, ToDoubleFunction<Outcome> figure) {
        ObjectNode mixes = JSON.createObjectNode();
        for (Comparison comparison : comparisons) {
            if (comparison.scenario().reported()) {
                ObjectNode rules =
                        mixes.putObject(comparison.scenario().workload().label());
                for (Rule rule : Rule.all()) {
                    double mean = comparison.estimate(rule, figure).mean();
                    rules.put(rule.label(), Math.round(mean * HUNDREDTHS) / HUNDREDTHS);
                }
            }
        }
        return mixes;
    }
}
