package io.migpool.extender.placement;

import java.util.List;
import java.util.stream.IntStream;

/** Requests and their weights at one moment; immutable. */
public final class ObservedRequests {

    /** Nothing observed: every kind of instance is as likely as any other. */
    public static final ObservedRequests NONE = new ObservedRequests(List.of());

    /** What is believed before any observation, and never given up wholly: as much as this many observations. */
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
     * How likely the next device is of each profile of this board; sums to 1 unless nothing may be cut from the board. The
     * same request is another profile on another board. Requests that the board cannot serve are no part of it.
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
