package io.migpool.extender.reservation;

import io.migpool.contracts.extender.HostPriority;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The prioritize verb: the node with the hold gets the full score, the others at most half of it, so that with the
 * recommended weight ours wins unless other plugins object strongly.
 */
public final class Prioritizer {

    private static final long BEST_OF_OTHERS = HostPriority.MAX_SCORE / 2;

    private final HoldBook book;

    public Prioritizer(HoldBook book) {
        this.book = book;
    }

    /** Returns scores for the nodes, in the order given; all 0 for a pod without a hold. */
    public List<HostPriority> prioritize(String podUid, List<String> nodes) {
        List<String> ranking = book.of(podUid).map(Hold::ranking).orElse(List.of());
        Map<String, Integer> positions = HashMap.newHashMap(ranking.size());
        for (int i = 0; i < ranking.size(); i++) {
            positions.put(ranking.get(i), i);
        }
        List<HostPriority> scores = new ArrayList<>(nodes.size());
        for (String node : nodes) {
            scores.add(new HostPriority(node, score(positions.getOrDefault(node, -1), ranking.size())));
        }
        return scores;
    }

    private static long score(int position, int nodes) {
        if (position < 0) {
            return 0;
        }
        return position == 0 ? HostPriority.MAX_SCORE : BEST_OF_OTHERS * (nodes - position) / (nodes - 1);
    }
}
