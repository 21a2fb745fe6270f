package io.migpool.contracts.mig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GpuInventoryTest {

    @ParameterizedTest
    @CsvSource({
        "A100_80, 7g.79gb,     7g.80gb",
        "A100_80, 7g.80gb,     7g.80gb",
        "A100_80, 3g.39gb,     3g.40gb",
        "A100_80, 1g.10gb,     1g.10gb",
        "A100_80, 1g.10gb+me,  1g.10gb+me",
        "A100_40, 1g.10gb,     1g.10gb",
        "GB200,   1g.24gb,     1g.23gb",
        "GB200,   3g.95gb,     3g.93gb",
        "GB200,   7g.189gb,    7g.186gb",
        "RTX_PRO_6000, 1g.24gb+gfx, 1g.24gb+gfx"
    })
    void aConfiguredNameMeansWhatTheDriverCallsIt(String board, String configured, String offered) {
        assertThat(board(board).resolve(MigProfile.parse(configured)))
                .map(ProfileCapability::profile)
                .hasValue(MigProfile.parse(offered));
    }

    @ParameterizedTest
    @CsvSource({
        "A100_40, 7g.80gb",
        "A100_80, 1g.5gb",
        "A100_80, 7g.40gb",
        "A30, 1g.5gb",
        "A30, 1g.10gb",
        "A30, 3g.20gb",
        "A100_80, 1g.11gb",
        "A100_80, 1g.20gb+me",
        "A100_80, 7g.80gb-me",
        "A100_80, 1c.7g.80gb",
        "A100_80, 4g.80gb",
        "GB200, 1g.24gb+me"
    })
    void aNameOfAnotherBoardMeansNothingHere(String board, String configured) {
        assertThat(board(board).resolve(MigProfile.parse(configured))).isEmpty();
    }

    @Test
    void theTenGigabyteSliceOfASmallA100IsTheOneWithDoubleMemory() {
        ProfileCapability resolved =
                board("A100_40").resolve(MigProfile.parse("1g.10gb")).orElseThrow();

        assertThat(resolved.size()).isEqualTo(2);
        assertThat(resolved.maxInstances()).isEqualTo(4);
    }

    @Test
    void unitsComeFromTheReportedPlacements() {
        assertThat(board("A100_80").units()).isEqualTo(8);
        assertThat(Boards.gpu(List.of()).units()).isZero();
        assertThat(Boards.gpu(List.of(Boards.profile("1g.10gb", 9728, 14, 1, 2, 14)))
                        .units())
                .isEqualTo(16);
    }

    @Test
    void blockedPlacementsAreSortedAndNamedOnce() {
        GpuInventory gpu = new GpuInventory(
                "GPU-1",
                0,
                7,
                81920,
                100,
                "NVIDIA board",
                0,
                GpuMode.MIG,
                Boards.A30,
                true,
                List.of(new Placement(2, 1), new Placement(0, 2), new Placement(2, 1)),
                List.of());

        assertThat(gpu.blocked()).containsExactly(new Placement(0, 2), new Placement(2, 1));
    }

    @Test
    void aProfileListedTwiceIsRefused() {
        ProfileCapability profile = Boards.A30.getFirst();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Boards.gpu(List.of(profile, profile)))
                .withMessageContaining("GPU-1")
                .withMessageContaining("1g.6gb");
    }

    @Test
    void aCapabilityHasPlacementsOfOneSizeOnly() {
        MigProfile profile = MigProfile.of(1, 10);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ProfileCapability(profile, 9728, 14, 1, 7, List.of()))
                .withMessageContaining("1g.10gb has no placement");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ProfileCapability(
                        profile, 9728, 14, 1, 7, List.of(new Placement(0, 1), new Placement(2, 2))))
                .withMessageContaining("0:1, 2:2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ProfileCapability(profile, 9728, 101, 1, 7, List.of(new Placement(0, 1))))
                .withMessageContaining("101 % cores");
    }

    @Test
    void aGeometryCoversEveryPartOfItself() {
        MigProfile small = MigProfile.of(1, 10);
        MigProfile middle = MigProfile.of(2, 20);
        MigGeometry geometry = new MigGeometry(new TreeMap<>(Map.of(small, 1, middle, 3)));

        assertThat(geometry.covers(Map.of())).isTrue();
        assertThat(geometry.covers(Map.of(middle, 3))).isTrue();
        assertThat(geometry.covers(Map.of(small, 1, middle, 3))).isTrue();
        assertThat(geometry.covers(Map.of(small, 2))).isFalse();
        assertThat(geometry.covers(Map.of(MigProfile.of(3, 40), 1))).isFalse();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MigGeometry(new TreeMap<>(Map.of(small, 0))))
                .withMessageContaining("0 × 1g.10gb");
    }

    @Test
    void modesAreReadInAnySpellingAndWrittenInOne() {
        assertThat(GpuMode.byWireName(" MIG ")).hasValue(GpuMode.MIG);
        assertThat(GpuMode.byWireName("hami-core")).hasValue(GpuMode.HAMI_CORE);
        assertThat(GpuMode.byWireName("mig2")).isEmpty();
        assertThat(GpuMode.wireNames()).isEqualTo("hami-core, mig, mps");
    }

    private static GpuInventory board(String name) {
        return Boards.gpu(
                switch (name) {
                    case "A100_40" -> Boards.A100_40;
                    case "A100_80" -> Boards.A100_80;
                    case "A30" -> Boards.A30;
                    case "GB200" -> Boards.GB200;
                    case "RTX_PRO_6000" -> Boards.RTX_PRO_6000;
                    default -> throw new IllegalArgumentException("no board " + name);
                });
    }
}
