package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.load.Seat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Feeds one run's arrivals to one packer and counts what is accepted once the pool has filled up. */
final class SteadyState {

    private static final int SAMPLES = 40;

    private SteadyState() {}

    /**
     * The outcome of a run.
     *
     * @param board the kind of GPU
     * @param asked measured requests, by the index of the profile
     * @param accepted how many of them were placed
     * @param strandedUnits mean of free units that a request could not use, per GPU; empty if that has no meaning
     * @param nanosPerDecision mean time of a decision, departures included
     */
    record Outcome(
            Board board,
            List<Integer> asked,
            List<Integer> accepted,
            OptionalDouble strandedUnits,
            double nanosPerDecision) {

        /** Returns the accepted requests, in percent. */
        double countAcceptance() {
            return percent(false);
        }

        /** Returns the accepted units, in percent. */
        double sliceAcceptance() {
            return percent(true);
        }

        private double percent(boolean weighted) {
            double all = 0;
            double placed = 0;
            for (RequestedProfile profile : board.profiles()) {
                int weight = weighted ? profile.size() : 1;
                all += (double) weight * asked.get(profile.index());
                placed += (double) weight * accepted.get(profile.index());
            }
            return 100 * placed / all;
        }
    }

    private record Guest(RequestedProfile profile, Seat seat) {}

    static Outcome run(Arrivals arrivals, Packer packer, Workload workload) {
        int[] asked = new int[workload.board().profiles().size()];
        int[] accepted = new int[asked.length];
        List<List<Guest>> leaving = new ArrayList<>();
        for (int slot = 0; slot < arrivals.count(); slot++) {
            leaving.add(List.of());
        }
        int pause = Math.max(1, arrivals.count() / SAMPLES);
        List<Double> stranded = new ArrayList<>();
        long started = System.nanoTime();
        for (int slot = 0; slot < arrivals.count(); slot++) {
            leaving.get(slot).forEach(guest -> packer.leave(guest.profile(), guest.seat()));
            RequestedProfile profile = arrivals.profile(slot);
            Optional<Seat> seat = packer.place(profile);
            if (arrivals.measured(slot)) {
                asked[profile.index()]++;
                accepted[profile.index()] += seat.isPresent() ? 1 : 0;
                if (slot % pause == 0) {
                    packer.strandedUnits(workload).ifPresent(stranded::add);
                }
            }
            int leaves = arrivals.leaves(slot);
            if (seat.isPresent() && leaves < arrivals.count()) {
                if (leaving.get(leaves).isEmpty()) {
                    leaving.set(leaves, new ArrayList<>(2));
                }
                leaving.get(leaves).add(new Guest(profile, seat.get()));
            }
        }
        double nanos = (double) (System.nanoTime() - started) / arrivals.count();
        return new Outcome(
                workload.board(),
                Arrays.stream(asked).boxed().toList(),
                Arrays.stream(accepted).boxed().toList(),
                stranded.stream().mapToDouble(Double::doubleValue).average(),
                nanos);
    }
}
