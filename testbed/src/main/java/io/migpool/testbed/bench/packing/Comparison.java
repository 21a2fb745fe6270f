package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.packing.SteadyState.Outcome;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** All rules on the same arrivals of one scenario, run by run. */
final class Comparison {

    private final Scenario scenario;
    private final Map<Rule, List<Outcome>> outcomes;

    Comparison(Scenario scenario, List<Map<Rule, Outcome>> runs) {
        this.scenario = scenario;
        this.outcomes = new EnumMap<>(Rule.class);
        for (Rule rule : Rule.all()) {
            outcomes.put(rule, runs.stream().map(run -> run.get(rule)).toList());
        }
    }

    /** Runs all rules once. Equal scenarios and numbers give equal results. */
    static Map<Rule, Outcome> run(Scenario scenario, int number) {
        Arrivals arrivals = scenario.workload().draw(scenario.gpus(), scenario.load(), number);
        Map<Rule, Outcome> outcomes = new EnumMap<>(Rule.class);
        for (Rule rule : Rule.all()) {
            outcomes.put(
                    rule,
                    SteadyState.run(arrivals, rule.packer(scenario.gpus(), scenario.workload()), scenario.workload()));
        }
        return outcomes;
    }

    Scenario scenario() {
        return scenario;
    }

    private List<Outcome> of(Rule rule) {
        return outcomes.getOrDefault(rule, List.of());
    }

    Estimate estimate(Rule rule, ToDoubleFunction<Outcome> figure) {
        return Estimate.of(
                of(rule).stream().map(run -> figure.applyAsDouble(run)).toList());
    }

    /** Returns how much more of the units the first rule accepts, in percentage points, paired by run. */
    Estimate sliceAdvantage(Rule rule, Rule other) {
        List<Double> differences = new ArrayList<>();
        for (int i = 0; i < of(rule).size(); i++) {
            differences.add(of(rule).get(i).sliceAcceptance() - of(other).get(i).sliceAcceptance());
        }
        return Estimate.of(differences);
    }

    /** Returns the accepted requests of one profile, in percent. */
    double acceptance(Rule rule, RequestedProfile profile) {
        int asked = of(rule).stream()
                .mapToInt(run -> run.asked().get(profile.index()))
                .sum();
        int accepted = of(rule).stream()
                .mapToInt(run -> run.accepted().get(profile.index()))
                .sum();
        return asked == 0 ? 100 : 100.0 * accepted / asked;
    }

    /** Returns the stranded units of a rule; NaN if that has no meaning. */
    double strandedUnits(Rule rule) {
        return of(rule).stream()
                .mapToDouble(run -> run.strandedUnits().orElse(Double.NaN))
                .average()
                .orElse(Double.NaN);
    }
}
