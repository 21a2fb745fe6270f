package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One point of the benchmark.
 *
 * @param workload the requests
 * @param gpus size of the pool
 * @param load mean of requested units over existing units
 * @param runs number of independent runs
 */
record Scenario(Workload workload, int gpus, double load, int runs) {

    private static final int GPUS = 100;

    /** The load at which the rules differ most; the last line reports it. */
    static final double FULL_LOAD = 1.0;

    private static final double MODERATE_LOAD = 0.85;
    private static final List<Double> LOWER_LOADS = List.of(0.7, MODERATE_LOAD, 0.95);

    /** Returns the scenarios of a quick run, half a minute. */
    static List<Scenario> quick() {
        List<Scenario> scenarios = new ArrayList<>(points(24, 6));
        scenarios.addAll(otherBoards(6));
        return List.copyOf(scenarios);
    }

    /** Returns all scenarios, a few minutes. */
    static List<Scenario> full() {
        List<Scenario> scenarios = new ArrayList<>(points(400, 60));
        scenarios.addAll(otherBoards(200));
        scenarios.add(new Scenario(Mix.UNIFORM, 8, FULL_LOAD, 2000));
        scenarios.add(new Scenario(Mix.UNIFORM, 64, FULL_LOAD, 400));
        scenarios.add(new Scenario(Mix.UNIFORM, 1000, FULL_LOAD, 20));
        return List.copyOf(scenarios);
    }

    private static List<Scenario> otherBoards(int runs) {
        return Board.all().stream()
                .filter(board -> board != Board.A100)
                .flatMap(board -> Mix.all(board).stream())
                .map(mix -> new Scenario(mix, GPUS, FULL_LOAD, runs))
                .toList();
    }

    private static List<Scenario> points(int runsAtFullLoad, int runs) {
        List<Scenario> scenarios = new ArrayList<>();
        for (Mix mix : Mix.all(Board.A100)) {
            scenarios.add(new Scenario(mix, GPUS, FULL_LOAD, runsAtFullLoad));
        }
        for (double load : LOWER_LOADS) {
            for (Mix mix : Mix.all(Board.A100)) {
                scenarios.add(new Scenario(mix, GPUS, load, runs));
            }
        }
        return scenarios;
    }

    /** Returns scenarios that replay traces on pools at full load, and a little less. */
    static List<Scenario> replays(List<TraceReplay> traces, int runs) {
        List<Scenario> scenarios = new ArrayList<>();
        for (TraceReplay trace : traces) {
            for (double load : List.of(FULL_LOAD, MODERATE_LOAD)) {
                scenarios.add(new Scenario(trace, trace.gpusFor(load), load, runs));
            }
        }
        return List.copyOf(scenarios);
    }

    /** Returns whether the last line reports this scenario. */
    boolean reported() {
        return workload instanceof Mix && workload.board() == Board.A100 && gpus == GPUS && load == FULL_LOAD;
    }

    String title() {
        return String.format(
                Locale.ROOT,
                "%s, load %.2f, %d %s, %d runs",
                workload.label(),
                load,
                gpus,
                workload.board().model(),
                runs);
    }
}
