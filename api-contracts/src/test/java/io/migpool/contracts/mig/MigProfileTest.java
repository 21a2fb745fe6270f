package io.migpool.contracts.mig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.migpool.contracts.RandomValues;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MigProfileTest {

    private static final long SEED = 20260923;

    @ParameterizedTest
    @CsvSource({
        "1g.10gb,     1, 1, 10, '',     '',   1g.10gb",
        "7g.141gb,    7, 7, 141, '',    '',   7g.141gb",
        "1c.3g.20gb,  1, 3, 20, '',     '',   1c.3g.20gb",
        "3c.3g.20gb,  3, 3, 20, '',     '',   3g.20gb",
        "1c.1g.5gb,   1, 1, 5,  '',     '',   1g.5gb",
        "1g.10gb+me,  1, 1, 10, me,     '',   1g.10gb+me",
        "1g.24gb+me.all, 1, 1, 24, me.all, '', 1g.24gb+me.all",
        "2g.48gb+gfx, 2, 2, 48, gfx,    '',   2g.48gb+gfx",
        "1g.24gb-me,  1, 1, 24, '',     me,   1g.24gb-me",
        "'2g.48gb+me,gfx', 2, 2, 48, 'gfx,me', '', '2g.48gb+gfx,me'",
        "1g.0gb+me,   1, 1, 0,  me,     '',   1g.0gb+me",
        "0g.0gb,      0, 0, 0,  '',     '',   0g.0gb"
    })
    void readsEveryFormOfTheGrammar(
            String name, int compute, int gpu, int memory, String attributes, String excluded, String canonical) {
        MigProfile profile = MigProfile.parse(name);

        assertThat(profile.computeSlices()).isEqualTo(compute);
        assertThat(profile.gpuSlices()).isEqualTo(gpu);
        assertThat(profile.memoryGB()).isEqualTo(memory);
        assertThat(String.join(",", profile.attributes())).isEqualTo(attributes);
        assertThat(String.join(",", profile.excluded())).isEqualTo(excluded);
        assertThat(profile).hasToString(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "bogus",
                "1g",
                "1g.10",
                "1g.gb",
                "g.10gb",
                "1.10gb",
                "1g10gb",
                " 1g.10gb",
                "1g.10gb ",
                "1G.10GB",
                "1g.10gb\n",
                "-1g.10gb",
                "+1g.10gb",
                "1g.-10gb",
                "1g.5.5gb",
                "4c.3g.20gb",
                "0c.3g.20gb",
                "1c3g.20gb",
                "1g.10gb+",
                "1g.10gb-",
                "1g.10gb+me,",
                "1g.10gb+,me",
                "1g.10gb+me,me",
                "1g.10gb+2me",
                "1g.10gb+.me",
                "1g.10gb+me.",
                "1g.10gb+me gfx",
                "1g.10gb+me-gfx",
                "1g.10gb-me+gfx",
                "1g.10gb++me",
                "1g.10gb.me",
                "99999999999g.10gb",
                "1g.99999999999gb",
                "٣g.20gb"
            })
    void refusesWhatIsNoProfileAndSaysWhatWouldBe(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MigProfile.parse(name))
                .withMessageContaining("'" + name + "'")
                .withMessageContaining("1c.3g.20gb");
    }

    @Test
    void aNameGivesTheSameProfileAgain() {
        RandomValues random = new RandomValues(SEED);
        for (int i = 0; i < 20_000; i++) {
            MigProfile profile = random.profile();
            assertThat(MigProfile.parse(profile.toString()))
                    .as("%s, case %d", random, i)
                    .isEqualTo(profile);
        }
    }

    @Test
    void garbageIsRefusedByNameAndNeverAnotherError() {
        RandomValues random = new RandomValues(SEED);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            String garbage = random.mutated(random.profile().toString(), "0123456789cg.b+-,meafx \u0000ü");
            try {
                assertThat(MigProfile.parse(MigProfile.parse(garbage).toString()))
                        .as("%s, case %d: %s", random, i, garbage)
                        .isEqualTo(MigProfile.parse(garbage));
            } catch (IllegalArgumentException e) {
                refused++;
                assertThat(e).as("%s, case %d", random, i).hasMessageContaining("'" + garbage + "'");
            }
        }
        assertThat(refused).isBetween(5_000, 19_999);
    }

    @ParameterizedTest
    @CsvSource({"2g.20gb, 1 2", "3g.40gb, 1 2 3", "4g.40gb+gfx, 1 2 4", "7g.80gb, 1 2 3 4 7", "1g.20gb, 1"})
    void gpuInstancesAreDividedAsBoardsOfferIt(String name, String sizes) {
        MigProfile whole = MigProfile.parse(name);

        assertThat(IntStream.rangeClosed(1, whole.gpuSlices())
                        .mapToObj(whole::withComputeSlices)
                        .peek(part -> assertThat(part.gpuInstance()).isEqualTo(whole))
                        .filter(MigProfile::isOfferedSize)
                        .map(part -> Integer.toString(part.computeSlices()))
                        .collect(Collectors.joining(" ")))
                .isEqualTo(sizes);
    }

    @Test
    void orderAgreesWithEqualityAndPutsSmallProfilesFirst() {
        List<MigProfile> profiles = Stream.of(
                        "3g.40gb", "1g.20gb", "1c.3g.40gb", "1g.10gb+me", "7g.80gb", "1g.10gb", "1g.10gb-me")
                .map(MigProfile::parse)
                .toList();

        assertThat(new TreeSet<>(profiles).stream().map(MigProfile::toString))
                .containsExactly("1g.10gb", "1g.10gb-me", "1g.10gb+me", "1g.20gb", "1c.3g.40gb", "3g.40gb", "7g.80gb");
    }

    @ParameterizedTest
    @CsvSource({
        "1g.10gb, 1g.10gb",
        "1g.10gb+me, 1g.10gb.me",
        "4g.96gb+gfx, 4g.96gb.gfx",
        "1g.24gb+me.all, 1g.24gb.me.all",
        "1g.24gb-me, 1g.24gb-me"
    })
    void aResourceNameHasNoPlus(String name, String suffix) {
        assertThat(MigProfile.parse(name).resourceSuffix()).isEqualTo(suffix);
    }

    @ParameterizedTest
    @CsvFileSource(resources = "profile-names.csv")
    void theMemoryInANameFollowsFromWhatNvmlReports(String board, long totalMiB, long memoryMiB, String name) {
        assertThat(MigProfile.nominalMemoryGB(memoryMiB, totalMiB))
                .as(board)
                .isEqualTo(MigProfile.parse(name).memoryGB());
    }

    @Test
    void aRequestForTheNominalSizeIsMeasuredInMiB() {
        assertThat(MigProfile.parse("1g.10gb").nominalMemoryMiB()).isEqualTo(10_240);
        assertThat(MigProfile.of(7, 141).nominalMemoryMiB()).isEqualTo(144_384);
    }

    @ParameterizedTest
    @CsvSource({"0, 3, 20", "4, 3, 20", "-1, 3, 20", "1, 0, 20", "1, 1, -1", "1, 10000, 20", "1, 1, 1000000"})
    void numbersThatNoNameCouldHaveAreRefused(int compute, int gpu, int memory) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MigProfile(compute, gpu, memory, List.of(), List.of()))
                .withMessageContaining(
                        String.format(Locale.ROOT, "%d compute slices of %d and %d GB", compute, gpu, memory));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a,b", "9x", ".me", "me.", "+me"})
    void attributesThatNoNameCouldHaveAreRefused(String attribute) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MigProfile(1, 1, 10, List.of(attribute), List.of()))
                .withMessageContaining("'" + attribute + "'");
    }

    @Test
    void addedAndExcludedAttributesExcludeEachOther() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MigProfile(1, 1, 10, List.of("gfx"), List.of("me")))
                .withMessageContaining("+gfx")
                .withMessageContaining("-me");
    }
}
