package io.migpool.extender.placement;

import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Pods that arrive at an empty pool, one after another, each for an exponentially distributed time, so many that they ask for as
 * much as there is; one that finds no place is lost. Equal seeds give equal arrivals, whatever the policy.
 *
 * @param nodes the empty pool
 * @param capacity its size, in the unit of {@link Kind#size}
 * @param kinds the pods; their shares add up to 1
 */
record SteadyArrivals(List<NodeView> nodes, int capacity, List<Kind> kinds) {

    private static final int WARM_UP_LIVES = 4;
    private static final int LIVES = 12;

    /**
     * Equal pods.
     *
     * @param share how many of the pods are of this kind, 0 to 1
     * @param size what one takes of the pool, in any unit
     */
    record Kind(double share, int size, PodDemand pod) {}

    private record Guest(int node, PodOccupancy occupancy) {}

    /** Returns how much of what is asked for is placed in the long run, in percent, over some runs. */
    double accepted(String nodePolicy, String gpuPolicy, int runs) {
        double sum = 0;
        for (int seed = 0; seed < runs; seed++) {
            sum += accepted(PolicyChoice.of("gpu", gpuPolicy, "node", nodePolicy), seed);
        }
        return sum / runs;
    }

    private double accepted(PolicyChoice policy, long seed) {
        RequestMix mix = new RequestMix();
        Rankings rankings = new Planner(new SchedulingPolicies(mix, policy)).rankings();
        List<NodeView> views = new ArrayList<>(nodes);
        List<String> names = nodes.stream().map(NodeView::name).toList();
        double life = capacity
                / kinds.stream().mapToDouble(kind -> kind.share() * kind.size()).sum();
        int count = (int) (LIVES * life);
        Map<Integer, List<Guest>> leaving = new HashMap<>();
        SplittableRandom random = new SplittableRandom(seed);
        double asked = 0;
        double placed = 0;
        for (int slot = 0; slot < count; slot++) {
            for (Guest guest : leaving.getOrDefault(slot, List.of())) {
                views.set(guest.node(), views.get(guest.node()).minus(guest.occupancy()));
            }
            Kind kind = draw(random.nextDouble());
            int end = slot + 1 + (int) (-life * Math.log(1 - random.nextDouble()));
            mix.observe(kind.pod());
            List<PlanOutcome.Fits> best = rankings.rank(kind.pod(), views).best(1);
            boolean measured = slot >= WARM_UP_LIVES * life;
            asked += measured ? kind.size() : 0;
            if (!best.isEmpty()) {
                placed += measured ? kind.size() : 0;
                Plan plan = best.getFirst().plan();
                int node = names.indexOf(plan.node());
                views.set(node, views.get(node).plus(plan.occupancy()));
                leaving.computeIfAbsent(end, any -> new ArrayList<>()).add(new Guest(node, plan.occupancy()));
            }
        }
        return 100 * placed / asked;
    }

    private Kind draw(double point) {
        double sum = 0;
        for (Kind kind : kinds) {
            sum += kind.share();
            if (point < sum) {
                return kind;
            }
        }
        return kinds.getLast();
    }
}
