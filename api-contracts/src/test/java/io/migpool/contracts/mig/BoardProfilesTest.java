package io.migpool.contracts.mig;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.request.MemoryRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which profiles serve a request, for the webhook and the extender alike. */
class BoardProfilesTest {

    private static final MemoryRequest WHOLE = new MemoryRequest.WholeGpu();

    /** Of 132 multiprocessors, an instance has 16 for each compute slice, and one of three slices 60. */
    private static final List<ProfileCapability> H100 = List.of(
            Boards.profile("1g.10gb", 9984, 13, 7, 1, 0, 1, 2, 3, 4, 5, 6),
            Boards.profile("2g.20gb", 20_096, 25, 3, 2, 0, 2, 4),
            Boards.profile("3g.40gb", 40_448, 46, 2, 4, 0, 4),
            Boards.profile("4g.40gb", 40_448, 49, 1, 4, 0),
            Boards.profile("7g.80gb", 81_152, 100, 1, 8, 0));

    private static BoardProfiles board(String name) {
        return new BoardProfiles(
                switch (name) {
                    case "A100-40" -> Boards.A100_40;
                    case "A100-80" -> Boards.A100_80;
                    case "H100" -> H100;
                    case "A30" -> Boards.A30;
                    case "RTX" -> Boards.RTX_PRO_6000;
                    default -> throw new IllegalArgumentException(name);
                });
    }

    private static MemoryRequest memory(String text) {
        return text.equals("whole")
                ? WHOLE
                : text.endsWith("%")
                        ? new MemoryRequest.Percentage(Integer.parseInt(text.replace("%", "")))
                        : new MemoryRequest.MiB(Long.parseLong(text));
    }

    private static String serving(BoardProfiles board, MemoryRequest memory, int cores, Set<String> allowed) {
        return board
                .serving(
                        List.of(memory),
                        cores,
                        profile -> allowed.contains(profile.profile().toString()))
                .stream()
                .map(profile -> profile.profile().toString())
                .collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @CsvSource({
        // The smallest that fits, by its nominal size; of equal sizes fewer compute slices first.
        "A100-80, 8000,   0, 1g.10gb 1g.20gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb",
        "A100-80, 10240,  0, 1g.10gb 1g.20gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb",
        "A100-80, 10241,  0, 1g.20gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb",
        "A100-80, 81921,  0, ",
        // Compute narrows.
        "A100-80, 8000,  16, 2g.20gb 3g.40gb 4g.40gb 7g.80gb",
        "A100-80, 8000,  44, 4g.40gb 7g.80gb",
        "H100,    1000,  13, 1g.10gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb",
        "H100,    1000,  15, 1g.10gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb",
        "H100,    1000,  29, 2g.20gb 3g.40gb 4g.40gb 7g.80gb",
        "H100,    1000,  46, 3g.40gb 4g.40gb 7g.80gb",
        "H100,    50%,   50, 4g.40gb 7g.80gb",
        "H100,    1000,  59, 7g.80gb",
        // A percentage counts memory slices.
        "A100-80, 50%,    0, 3g.40gb 4g.40gb 7g.80gb",
        "A100-80, 51%,    0, 7g.80gb",
        "A30,     50%,    0, 2g.12gb 4g.24gb",
        "RTX,     26%,    0, 2g.48gb 4g.96gb",
        // A whole GPU is the full-size profile.
        "A100-80, whole,  0, 7g.80gb",
        "RTX,     whole,  0, 4g.96gb",
    })
    void theSmallestThatFitsComesFirst(String board, String memory, int cores, String expected) {
        assertThat(serving(board(board), memory(memory), cores, names(board(board))))
                .isEqualTo(expected == null ? "" : expected);
    }

    @ParameterizedTest
    @CsvSource({
        "A100-80, 8000,  1g.10gb+me 2g.20gb 7g.80gb, 1g.10gb+me 2g.20gb 7g.80gb",
        "A100-80, 8000,  1g.10gb 1g.10gb+me 7g.80gb, 1g.10gb 7g.80gb",
        "A100-80, 15000, 1g.10gb+me 2g.20gb 7g.80gb, 2g.20gb 7g.80gb",
        "RTX,     20000, 1g.24gb+gfx 4g.96gb,        1g.24gb+gfx 4g.96gb",
        "RTX,     20000, 1g.24gb 1g.24gb+gfx,        1g.24gb",
        "RTX,     whole, 1g.24gb 2g.48gb,            ",
    })
    void attributesAreAvoidedWhereAPlainProfileOfTheSizeServes(
            String board, String memory, String allowed, String expected) {
        assertThat(serving(board(board), memory(memory), 0, Set.of(allowed.split(" "))))
                .isEqualTo(expected == null ? "" : expected);
    }

    /** Two profiles of one size on a board whose smaller one has a tenth less than its name says. */
    @Test
    void ofOneSizeThatWhichHasTheMemoryComesFirst() {
        BoardProfiles board = new BoardProfiles(List.of(
                Boards.profile("1g.24gb", 22_144, 13, 4, 2, 0, 2, 4, 6),
                Boards.profile("2g.24gb", 24_064, 25, 3, 2, 0, 2, 4),
                Boards.profile("7g.94gb", 95_360, 100, 1, 8, 0)));

        assertThat(serving(board, memory("22000"), 0, names(board))).isEqualTo("1g.24gb 2g.24gb 7g.94gb");
        assertThat(serving(board, memory("23000"), 0, names(board))).isEqualTo("2g.24gb 1g.24gb 7g.94gb");
        assertThat(serving(board, memory("24576"), 0, names(board))).isEqualTo("2g.24gb 1g.24gb 7g.94gb");
    }

    @ParameterizedTest
    @CsvSource({
        "1g.10gb, 9728,  9728,  false",
        "1g.10gb, 9728,  9729,  true",
        "1g.10gb, 9728,  10240, false",
        "1g.10gb, 9727,  10240, true",
        "1g.18gb, 16384, 18432, true",
        "1g.23gb, 22528, 23552, false",
    })
    void aRequestOfTheNominalSizeNamesTheProfile(String profile, long hasMiB, long askedMiB, boolean shortOf) {
        assertThat(Boards.profile(profile, hasMiB, 14, 7, 1, 0).fallsShortOf(askedMiB))
                .isEqualTo(shortOf);
    }

    @Test
    void instancesFitTogetherIfTheyFindPlacesWhateverTheSumOfTheirUnits() {
        ProfileCapability one = Boards.A100_80.get(0);
        ProfileCapability two = Boards.A100_80.get(3);
        ProfileCapability three = Boards.A100_80.get(4);

        assertThat(BoardProfiles.fitTogether(List.of(two, two, two, one), UnitMask.EMPTY))
                .isTrue();
        assertThat(BoardProfiles.fitTogether(List.of(two, two, two, one, one), UnitMask.EMPTY))
                .isFalse();
        assertThat(BoardProfiles.fitTogether(List.of(three, three), UnitMask.EMPTY))
                .isTrue();
        assertThat(BoardProfiles.fitTogether(List.of(three, three), UnitMask.range(7, 1)))
                .isFalse();
        assertThat(BoardProfiles.fitTogether(List.of(three, one, one, one), UnitMask.EMPTY))
                .isTrue();
        assertThat(BoardProfiles.fitTogether(List.of(), UnitMask.EMPTY)).isTrue();
    }

    @Test
    void aDeviceOfSeveralContainersIsEnoughForEach() {
        List<MemoryRequest> both = List.of(new MemoryRequest.MiB(15_000), new MemoryRequest.Percentage(50));

        assertThat(board("A100-80").serving(both, 0, profile -> true).getFirst().profile())
                .hasToString("3g.40gb");
    }

    @Test
    void aComputeInstanceOfPartOfAGpuInstanceIsNoProfileOfTheBoard() {
        BoardProfiles board = new BoardProfiles(List.of(
                Boards.profile("1c.2g.20gb", 19_968, 15, 3, 2, 0, 2, 4),
                Boards.profile("2g.20gb", 19_968, 29, 3, 2, 0, 2, 4)));

        assertThat(board).hasToString("2g.20gb");
        assertThat(board.units()).isEqualTo(6);
        assertThat(BoardProfiles.NONE.units()).isZero();
    }

    /** No allowed profile of fewer units would do, and nothing smaller is passed over. */
    @RepeatedTest(50)
    void nothingSmallerThatIsAllowedServes(RepetitionInfo repetition) {
        SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
        BoardProfiles board = board(List.of("A100-40", "A100-80", "A30", "RTX").get(random.nextInt(4)));
        List<String> names = new ArrayList<>(names(board));
        names.removeIf(name -> random.nextInt(3) == 0);
        for (int round = 0; round < 50; round++) {
            MemoryRequest memory = random.nextBoolean()
                    ? new MemoryRequest.MiB(random.nextLong(1, 100_000))
                    : new MemoryRequest.Percentage(random.nextInt(1, 101));
            int cores = random.nextInt(101);
            List<ProfileCapability> serving = board.serving(
                    List.of(memory),
                    cores,
                    profile -> names.contains(profile.profile().toString()));
            int[] enough = board.all().stream()
                    .filter(profile -> names.contains(profile.profile().toString()))
                    .filter(profile -> board.serves(memory, cores, profile))
                    .mapToInt(ProfileCapability::size)
                    .distinct()
                    .toArray();
            assertThat(serving.stream()
                            .mapToInt(ProfileCapability::size)
                            .distinct()
                            .toArray())
                    .as("seed %d: %s and %d %% of %s", repetition.getCurrentRepetition(), memory, cores, names)
                    .isEqualTo(enough);
            assertThat(Arrays.stream(enough).boxed().toList()).isSorted();
        }
    }

    private static Set<String> names(BoardProfiles board) {
        return board.all().stream().map(profile -> profile.profile().toString()).collect(Collectors.toSet());
    }
}
