package io.migpool.extender.placement;

import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.SlotDemand;
import java.util.List;
import java.util.stream.IntStream;

/** Requests and their weights at one moment; immutable. */
public final class ObservedRequests {

    /** The state before any observation: every kind of instance is as likely as any other. */
    public static final ObservedRequests NONE = new ObservedRequests(List.of());

    /** Weight of the prior distribution, in observations; unlike observations, it never fades. */
    private static final double PRIOR_WEIGHT = 10;

    private final List<Share> shares;

    ObservedRequests(List<Share> shares) {
        this.shares = List.copyOf(shares);
    }

    /**
     * One kind of request.
     *
     * @param request what is asked for
     * @param weight how much of it was observed, faded
     */
    record Share(SlotDemand request, double weight) {}

    /**
     * Returns the probability of each profile of this board for the next device; sums to 1 unless nothing may be cut. The
     * same request may be another profile on another board. Requests that the board cannot serve are skipped.
     */
    double[] popularity(MigBoard board) {
        double[] popularity = new double[board.size()];
        int[] prior = IntStream.range(0, board.size())
                .filter(i -> board.allows(i) && board.profile(i).profile().isPlain())
                .toArray();
        for (int profile : prior) {
            popularity[profile] = PRIOR_WEIGHT / prior.length;
        }
        double sum = prior.length == 0 ? 0 : PRIOR_WEIGHT;
        for (Share share : shares) {
            int[] serving = board.serving(share.request());
            if (serving.length > 0) {
                popularity[serving[0]] += share.weight();
                sum += share.weight();
            }
        }
        for (int i = 0; i < popularity.length; i++) {
            popularity[i] /= Math.max(sum, Double.MIN_NORMAL);
        }
        return popularity;
    }
}
