package io.migpool.contracts.mig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.migpool.contracts.RandomValues;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitMaskTest {

    private static final long SEED = 48121264;

    @ParameterizedTest
    @ValueSource(ints = {4, 8, 12, 16})
    void behavesLikeASetOfUnitNumbers(int units) {
        RandomValues random = new RandomValues(SEED);
        for (int i = 0; i < 5_000; i++) {
            Placement first = placement(random, units);
            Placement second = placement(random, units);
            UnitMask a = first.mask().union(placement(random, units).mask());
            UnitMask b = second.mask();
            String context = "%s, case %d: %s and %s".formatted(random, i, a, b);

            assertThat(units(a.union(b))).as(context).isEqualTo(union(units(a), units(b)));
            assertThat(units(a.minus(b))).as(context).isEqualTo(minus(units(a), units(b)));
            assertThat(a.overlaps(b)).as(context).isEqualTo(!Collections.disjoint(units(a), units(b)));
            assertThat(a.contains(b)).as(context).isEqualTo(units(a).containsAll(units(b)));
            assertThat(a.count()).as(context).isEqualTo(units(a).size());
            assertThat(a.minus(b).isEmpty()).as(context).isEqualTo(units(b).containsAll(units(a)));
            assertThat(first.overlaps(second))
                    .as(context)
                    .isEqualTo(first.mask().overlaps(b));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 8, 12, 16})
    void aRangeHoldsItsUnitsAndNoOthers(int units) {
        for (int start = 0; start < units; start++) {
            for (int size = 1; start + size <= units; size++) {
                Set<Integer> expected =
                        IntStream.range(start, start + size).boxed().collect(Collectors.toSet());
                assertThat(units(UnitMask.range(start, size))).isEqualTo(expected);
                assertThat(units(new Placement(start, size).mask())).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "0, 0", "0, -1", "0, 17", "16, 1", "15, 2", "2147483647, 1", "1, 2147483647"})
    void rangesAndPlacementsOutsideTheMaskAreRefused(int start, int size) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UnitMask.range(start, size))
                .withMessageContaining(start + "+" + size);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Placement(start, size))
                .withMessageContaining("start " + start + " size " + size);
    }

    @Test
    void theEmptyMaskOverlapsNothingAndIsInEverything() {
        UnitMask all = UnitMask.range(0, 16);

        assertThat(UnitMask.EMPTY.overlaps(all)).isFalse();
        assertThat(all.contains(UnitMask.EMPTY)).isTrue();
        assertThat(UnitMask.EMPTY.isEmpty()).isTrue();
        assertThat(all.count()).isEqualTo(16);
    }

    @Test
    void placementsAreOrderedByStartAndPrintedAsNvidiaSmiDoes() {
        assertThat(new Placement(4, 4)).hasToString("4:4").isGreaterThan(new Placement(2, 4));
        assertThat(new Placement(4, 2)).isLessThan(new Placement(4, 4));
        assertThat(new Placement(4, 2).end()).isEqualTo(6);
    }

    private static Placement placement(RandomValues random, int units) {
        int start = random.below(units);
        return new Placement(start, 1 + random.below(units - start));
    }

    private static Set<Integer> units(UnitMask mask) {
        return IntStream.range(0, UnitMask.MAX_UNITS)
                .filter(unit -> (mask.bits() >> unit & 1) == 1)
                .boxed()
                .collect(Collectors.toSet());
    }

    private static Set<Integer> union(Set<Integer> a, Set<Integer> b) {
        Set<Integer> union = new HashSet<>(a);
        union.addAll(b);
        return union;
    }

    private static Set<Integer> minus(Set<Integer> a, Set<Integer> b) {
        Set<Integer> difference = new HashSet<>(a);
        difference.removeAll(b);
        return difference;
    }
}
