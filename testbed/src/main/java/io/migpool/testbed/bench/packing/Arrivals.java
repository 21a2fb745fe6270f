package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.RequestedProfile;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One run's requests: one arrives in every time slot, stays for an exponentially distributed time if it is accepted,
 * and is lost otherwise. Drawn before any decision, so that all rules get the same requests.
 */
final class Arrivals {

    private static final int WARM_UP_LIVES = 4;
    private static final int LIVES = 12;
    private static final int WARM_UP_PART = 100;

    private final RequestedProfile[] profiles;
    private final int[] leaves;
    private final int warmUp;

    private Arrivals(RequestedProfile[] profiles, int[] leaves, int warmUp) {
        this.profiles = profiles;
        this.leaves = leaves;
        this.warmUp = warmUp;
    }

    /**
     * Draws a run: a warm-up of four mean lives and eight measured ones.
     *
     * @param mix shares of the profiles
     * @param gpus number of GPUs to which the load is relative
     * @param load mean of requested units over existing units
     * @param seed equal seeds give equal runs
     */
    static Arrivals draw(Mix mix, int gpus, double load, long seed) {
        double meanLife = load * gpus * mix.board().units() / mix.meanSize();
        int count = (int) (LIVES * meanLife);
        SplittableRandom random = new SplittableRandom(seed);
        RequestedProfile[] profiles = new RequestedProfile[count];
        int[] leaves = new int[count];
        for (int slot = 0; slot < count; slot++) {
            profiles[slot] = mix.at(random.nextDouble());
            double life = -meanLife * Math.log(1 - random.nextDouble());
            leaves[slot] = (int) Math.min(count, Math.max(slot + 1, Math.ceil(slot + life)));
        }
        return new Arrivals(profiles, leaves, (int) (WARM_UP_LIVES * meanLife));
    }

    /**
     * Replays requests with recorded times, in order of arrival; measured after the first hundredth.
     *
     * @param requests the requests, sorted by their beginning
     */
    static Arrivals replay(List<TraceReplay.Request> requests) {
        RequestedProfile[] profiles = new RequestedProfile[requests.size()];
        int[] leaves = new int[requests.size()];
        long[] begins = requests.stream().mapToLong(TraceReplay.Request::begins).toArray();
        for (int slot = 0; slot < profiles.length; slot++) {
            TraceReplay.Request request = requests.get(slot);
            profiles[slot] = request.profile();
            int leave = slot + 1;
            int beyond = profiles.length;
            while (leave < beyond) {
                int middle = (leave + beyond) >>> 1;
                if (begins[middle] >= request.ends()) {
                    beyond = middle;
                } else {
                    leave = middle + 1;
                }
            }
            leaves[slot] = leave;
        }
        return new Arrivals(profiles, leaves, profiles.length / WARM_UP_PART);
    }

    int count() {
        return profiles.length;
    }

    RequestedProfile profile(int slot) {
        return profiles[slot];
    }

    /** Returns the first slot in which this slot's request is gone; {@link #count()} if it outlasts the run. */
    int leaves(int slot) {
        return leaves[slot];
    }

    boolean measured(int slot) {
        return slot >= warmUp;
    }
}
