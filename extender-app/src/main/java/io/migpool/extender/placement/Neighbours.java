package io.migpool.extender.placement;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntBinaryOperator;

/**
 * The GPUs that a container could get together with one device: what policies that consider links need to know.
 *
 * <p>A GPU is worth the best sum over all pairs of a team that it forms with the GPUs the container has already and others
 * that are free. All teams are tried; only on nodes with very many GPUs is the rest of a team picked one by one.
 */
final class Neighbours {

    private static final int MOST_TO_TRY_OUT = 12;

    private final IntBinaryOperator score;
    private final List<Integer> all;
    private final List<Integer> chosen;
    private final List<Integer> candidates;
    private final int later;
    private final Map<Integer, Long> worth = new HashMap<>();

    /**
     * @param score of a pair of GPUs by their positions on the node
     * @param all positions of the node's GPUs
     * @param chosen those that the container has already
     * @param candidates those that could take the device
     * @param later devices of the container that are still to come
     */
    Neighbours(IntBinaryOperator score, List<Integer> all, List<Integer> chosen, List<Integer> candidates, int later) {
        this.score = score;
        this.all = all;
        this.chosen = chosen;
        this.candidates = candidates;
        this.later = later;
    }

    /**
     * Returns the worth of a GPU; more is better. A container's only device prefers the less linked GPU, so that well linked ones
     * remain for containers that want several.
     */
    long worth(int gpu) {
        return worth.computeIfAbsent(gpu, this::compute);
    }

    private long compute(int gpu) {
        if (chosen.isEmpty() && later == 0) {
            return -linksWith(gpu, all);
        }
        List<Integer> team = new ArrayList<>(chosen);
        team.add(gpu);
        List<Integer> others = candidates.stream()
                .filter(other -> other != gpu && !chosen.contains(other))
                .toList();
        int missing = Math.min(later, others.size());
        long links = linksWith(gpu, chosen);
        return links
                + (others.size() <= MOST_TO_TRY_OUT ? best(team, others, 0, missing) : greedy(team, others, missing));
    }

    private long linksWith(int gpu, List<Integer> others) {
        long sum = 0;
        for (int other : others) {
            sum += other == gpu ? 0 : score.applyAsInt(gpu, other);
        }
        return sum;
    }

    private long best(List<Integer> team, List<Integer> others, int from, int missing) {
        if (missing == 0) {
            return 0;
        }
        long best = Long.MIN_VALUE;
        for (int i = from; i <= others.size() - missing; i++) {
            long added = linksWith(others.get(i), team);
            team.addLast(others.get(i));
            best = Math.max(best, added + best(team, others, i + 1, missing - 1));
            team.removeLast();
        }
        return best;
    }

    private long greedy(List<Integer> team, List<Integer> others, int missing) {
        long sum = 0;
        List<Integer> left = new ArrayList<>(others);
        for (int i = 0; i < missing; i++) {
            int next = left.getFirst();
            for (int other : left) {
                next = linksWith(other, team) > linksWith(next, team) ? other : next;
            }
            sum += linksWith(next, team);
            team.add(next);
            left.remove(Integer.valueOf(next));
        }
        return sum;
    }
}
