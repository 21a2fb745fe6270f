package io.migpool.contracts.mig;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Counts layouts by brute force: NVIDIA's tables of legal layouts follow from the reported placements alone. */
class LayoutsTest {

    private static final Predicate<MigProfile> PLAIN = MigProfile::isPlain;
    private static final Predicate<MigProfile> WITHOUT_DOUBLE_MEMORY =
            PLAIN.and(profile -> !profile.equals(MigProfile.of(1, 20)) && !profile.equals(MigProfile.of(1, 10)));

    @Test
    void anA100HasTheNineteenLayoutsOfNvidiasTable() {
        Set<Set<Instance>> layouts =
                maximalLayouts(Boards.A100_80, PLAIN.and(profile -> !profile.equals(MigProfile.of(1, 20))));

        assertThat(layouts).hasSize(19);
        assertThat(multisets(layouts)).hasSize(14);
        assertThat(maximalLayouts(Boards.A100_40, WITHOUT_DOUBLE_MEMORY)).hasSize(19);
    }

    @Test
    void doubleMemoryProfilesMakeThemSeventyEight() {
        Set<Set<Instance>> layouts = maximalLayouts(Boards.A100_80, PLAIN);

        assertThat(layouts).hasSize(78);
        assertThat(multisets(layouts)).hasSize(38);
    }

    @Test
    void anA30OfFourUnitsHasFiveLayouts() {
        Set<Set<Instance>> layouts = maximalLayouts(Boards.A30, PLAIN);

        assertThat(layouts).hasSize(5);
        assertThat(multisets(layouts)).hasSize(4);
        assertThat(Boards.gpu(Boards.A30).units()).isEqualTo(4);
    }

    @Test
    void anRtxPro6000OfTwelveUnitsHasFiveLayouts() {
        Set<Set<Instance>> layouts = maximalLayouts(Boards.RTX_PRO_6000, PLAIN);

        assertThat(layouts).hasSize(5);
        assertThat(multisets(layouts)).hasSize(4);
        assertThat(Boards.gpu(Boards.RTX_PRO_6000).units()).isEqualTo(12);
    }

    @Test
    void mediaEnginesAreInOneInstanceAtMost() {
        Set<Set<Instance>> layouts = maximalLayouts(Boards.A30, profile -> profile.gpuSlices() == 1);

        assertThat(layouts).isNotEmpty().allSatisfy(layout -> assertThat(
                        layout.stream().filter(instance -> !instance.profile().isPlain()))
                .hasSizeLessThanOrEqualTo(1));
    }

    private record Instance(MigProfile profile, Placement placement) {}

    private static Set<Set<Instance>> maximalLayouts(List<ProfileCapability> board, Predicate<MigProfile> wanted) {
        List<ProfileCapability> profiles =
                board.stream().filter(offered -> wanted.test(offered.profile())).toList();
        Set<Set<Instance>> maximal = new HashSet<>();
        extend(profiles, Set.of(), maximal, new HashSet<>());
        return maximal;
    }

    private static void extend(
            List<ProfileCapability> profiles,
            Set<Instance> layout,
            Set<Set<Instance>> maximal,
            Set<Set<Instance>> visited) {
        if (!visited.add(layout)) {
            return;
        }
        boolean grown = false;
        for (ProfileCapability offered : profiles) {
            for (Placement placement : offered.placements()) {
                if (fits(layout, offered, placement)) {
                    grown = true;
                    Set<Instance> larger = new HashSet<>(layout);
                    larger.add(new Instance(offered.profile(), placement));
                    extend(profiles, larger, maximal, visited);
                }
            }
        }
        if (!grown) {
            maximal.add(layout);
        }
    }

    private static boolean fits(Set<Instance> layout, ProfileCapability offered, Placement placement) {
        UnitMask taken =
                layout.stream().map(instance -> instance.placement().mask()).reduce(UnitMask.EMPTY, UnitMask::union);
        long same = layout.stream()
                .filter(instance -> instance.profile().equals(offered.profile()))
                .count();
        return !taken.overlaps(placement.mask()) && same < offered.maxInstances();
    }

    private static Set<Map<MigProfile, Long>> multisets(Set<Set<Instance>> layouts) {
        return layouts.stream()
                .map(layout -> layout.stream()
                        .collect(Collectors.groupingBy(Instance::profile, TreeMap::new, Collectors.counting())))
                .collect(Collectors.toSet());
    }
}
