package io.migpool.testbed.bench.packing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.packing.SteadyState.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class PackingTest {

    private static final int RUNS = 12;

    static List<Mix> mixes() {
        return Mix.all(Board.A100);
    }

    static List<Mix> otherMixes() {
        return Stream.of(Board.A30, Board.RTX_PRO)
                .flatMap(board -> Mix.all(board).stream())
                .toList();
    }

    private static Comparison compare(Mix mix) {
        Scenario scenario = new Scenario(mix, 100, Scenario.FULL_LOAD, RUNS);
        List<Map<Rule, Outcome>> runs = new ArrayList<>();
        for (int run = 0; run < RUNS; run++) {
            runs.add(Comparison.run(scenario, run));
        }
        return new Comparison(scenario, runs);
    }

    private static double slices(Comparison comparison, Rule rule) {
        return comparison.estimate(rule, Outcome::sliceAcceptance).mean();
    }

    /** The same arrivals every time, so the margins are those of a fixed sample; first-fit is 1 to 5 points below. */
    @ParameterizedTest
    @MethodSource("mixes")
    void theDefaultPolicyAcceptsAtLeastWhatFgdAcceptsWhenToldTheMix(Mix mix) {
        Comparison comparison = compare(mix);
        double ours = slices(comparison, Rule.FRAGMENTATION);
        assertThat(ours).isGreaterThan(slices(comparison, Rule.FGD_TOLD));
        assertThat(ours).isGreaterThan(slices(comparison, Rule.FIRST_FIT) + 2);
        for (Rule rule : Rule.all()) {
            assertThat(slices(comparison, rule)).as(rule.label()).isLessThanOrEqualTo(slices(comparison, Rule.BOUND));
        }
    }

    /** On boards whose profiles are halves of each other there is little to gain: a fixed sample of 12 runs may say half a point. */
    @ParameterizedTest
    @MethodSource("otherMixes")
    void onBoardsOfFourAndTwelveUnitsItIsNoWorseEither(Mix mix) {
        Comparison comparison = compare(mix);
        double ours = slices(comparison, Rule.FRAGMENTATION);
        assertThat(ours).isGreaterThan(slices(comparison, Rule.FGD_TOLD) - 0.5);
        assertThat(ours).isGreaterThan(slices(comparison, Rule.FIRST_FIT) - 0.5);
        assertThat(ours).isLessThanOrEqualTo(slices(comparison, Rule.BOUND));
    }

    @Test
    void fgdAndTheBoundMeetTheirPublishedFigures() {
        Comparison uniform = compare(Mix.UNIFORM);
        assertThat(slices(uniform, Rule.FGD_TOLD)).isCloseTo(91.58, within(1.5));
        assertThat(slices(uniform, Rule.BOUND)).isCloseTo(95.11, within(1.5));
        assertThat(slices(uniform, Rule.FIRST_FIT)).isCloseTo(87.37, within(1.5));
        assertThat(slices(uniform, Rule.MFI)).isCloseTo(90.34, within(1.5));
        assertThat(slices(uniform, Rule.INSTASLICE)).isCloseTo(80.49, within(2.0));
    }

    @Test
    void equalRunsGiveEqualOutcomes() {
        Scenario scenario = new Scenario(Mix.BIMODAL, 16, 1, 1);
        Map<Rule, Outcome> one = Comparison.run(scenario, 3);
        Map<Rule, Outcome> other = Comparison.run(scenario, 3);
        assertThat(accepted(one)).isEqualTo(accepted(other));
    }

    private static List<List<Integer>> accepted(Map<Rule, Outcome> run) {
        return run.values().stream().map(Outcome::accepted).toList();
    }

    @ParameterizedTest
    @EnumSource(Board.class)
    void theMigrationBoundRefusesOnlyWhatNoArrangementHolds(Board board) {
        long seed = 5;
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            int gpus = 1 + random.nextInt(2);
            MigrationBound bound = new MigrationBound(board, gpus);
            List<RequestedProfile> inside = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                RequestedProfile profile =
                        board.profiles().get(random.nextInt(board.profiles().size()));
                inside.add(profile);
                boolean accepted = bound.place(profile).isPresent();
                assertThat(accepted)
                        .as("seed %d, %d GPUs, %s", seed, gpus, inside)
                        .isEqualTo(packs(inside, gpus));
                if (!accepted) {
                    inside.removeLast();
                }
            }
        }
    }

    private static boolean packs(List<RequestedProfile> profiles, int gpus) {
        return packs(profiles.stream().sorted().toList(), 0, new int[gpus]);
    }

    private static boolean packs(List<RequestedProfile> profiles, int next, int[] taken) {
        if (next == profiles.size()) {
            return true;
        }
        RequestedProfile profile = profiles.get(next);
        for (int gpu = 0; gpu < taken.length; gpu++) {
            for (int place = 0; place < profile.places(); place++) {
                int window = profile.window(profile.start(place));
                if ((taken[gpu] & window) == 0) {
                    taken[gpu] |= window;
                    boolean packs = packs(profiles, next + 1, taken);
                    taken[gpu] &= ~window;
                    if (packs) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    @Test
    void theLastLineNamesEveryRuleOnEveryMix() {
        List<Comparison> comparisons = new ArrayList<>();
        for (Mix mix : Mix.all(Board.A100)) {
            Scenario scenario = new Scenario(mix, 100, Scenario.FULL_LOAD, 1);
            comparisons.add(new Comparison(scenario, List.of(Comparison.run(scenario, 0))));
        }
        String line = PackingReport.json(comparisons);
        assertThat(line).startsWith("{\"bench\":\"packing\",\"load\":1.0,\"slice_acceptance\":{\"uniform\":{");
        assertThat(line).contains("\"count_acceptance\":{\"uniform\":{").doesNotContain("\n");
        for (Rule rule : Rule.all()) {
            assertThat(line.split("\"" + rule.label() + "\":", -1))
                    .as(rule.label())
                    .hasSize(9);
        }
    }
}
