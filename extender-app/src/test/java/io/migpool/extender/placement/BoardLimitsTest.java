package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.MigRules;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.ReasonCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How often each profile of a board can be cut for pods that arrive one by one and accept nothing else. */
class BoardLimitsTest {

    private static GpuInventory board(String name) {
        return switch (name) {
            case "a30" -> Boards.a30("a", 0);
            case "a100-40" -> Boards.a10040("a", 0);
            case "a100-80" -> Boards.a10080("a", 0);
            case "rtx-pro" -> Boards.rtxPro("a", 0);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static List<String> fill(NodeView empty, PodDemand pod) {
        List<String> placed = new ArrayList<>();
        NodeView node = empty;
        while (Pool.PLANNER.plan(pod, node) instanceof PlanOutcome.Fits fits) {
            DevicePart.MigSlice part =
                    (DevicePart.MigSlice) fits.plan().occupancy().parts().getFirst();
            placed.add(part.profile() + "@" + part.placement().start());
            node = node.plus(fits.plan().occupancy());
        }
        return placed;
    }

    @ParameterizedTest
    @CsvSource({
        "a30, 1g.6gb, 4",
        "a30, 1g.6gb+me, 1",
        "a30, 2g.12gb, 2",
        "a30, 2g.12gb+me, 1",
        "a30, 4g.24gb, 1",
        "a100-40, 1g.5gb, 7",
        "a100-40, 1g.5gb+me, 1",
        "a100-40, 2g.10gb, 3",
        "a100-40, 3g.20gb, 2",
        "a100-40, 4g.20gb, 1",
        "a100-40, 7g.40gb, 1",
        "a100-80, 1g.10gb, 7",
        "a100-80, 1g.20gb, 4",
        "a100-80, 2g.20gb, 3",
        "a100-80, 3g.40gb, 2",
        "rtx-pro, 1g.24gb, 4",
        "rtx-pro, 1g.24gb+gfx, 4",
        "rtx-pro, 1g.24gb+me.all, 1",
        "rtx-pro, 1g.24gb-me, 4",
        "rtx-pro, 2g.48gb, 2",
        "rtx-pro, 2g.48gb+gfx, 2",
        "rtx-pro, 4g.96gb, 1"
    })
    void aProfileIsCutAsOftenAsTheBoardAllowsAndNoMoreOften(String board, String profile, int most) {
        MigProfile only = MigProfile.parse(profile);
        NodeView node = Pool.node(new MigRules(List.of(), Set.of(only)), board(board));
        List<String> placed = fill(node, Demands.mib(only.nominalMemoryMiB()));
        assertThat(placed).hasSize(most).doesNotHaveDuplicates().allMatch(place -> place.startsWith(profile + "@"));
    }

    @Test
    void aSmallSliceWithDoubleMemoryLiesAtEvenStartsBesideTheOthers() {
        NodeView node = Pool.with(Pool.node(Boards.a10080("a", 0)), "a", "3g.40gb", 0, 4);
        assertThat(fill(node, Demands.mib(20_000))).containsExactly("1g.20gb@6", "1g.20gb@4");
    }

    @Test
    void ofTwoProfilesOfOneSizeTheOneWithMoreComputeHasOnlyTheFirstHalf() {
        NodeView node = Pool.node(Boards.a10080("a", 0));
        PodDemand four = Demands.pod().app(1, new MemoryRequest.MiB(40_000), 50).demand();
        assertThat(fill(node, four)).first().isEqualTo("4g.40gb@0");
        NodeView taken = Pool.with(node, "a", "3g.40gb", 0, 4);
        assertThat(Pool.refused(four, taken).code()).isEqualTo(ReasonCode.FRAGMENTED);
        assertThat(fill(taken, Demands.mib(40_000))).containsExactly("3g.40gb@4");
    }
}
