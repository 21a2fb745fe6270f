package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BoardCheckTest {

    private static final GpuInventory A100 = a100(GpuMode.MIG);

    private static GpuInventory a100(GpuMode mode) {
        return new GpuInventory(
                "GPU-a",
                0,
                7,
                81_920,
                100,
                "NVIDIA A100-SXM4-80GB",
                0,
                mode,
                List.of(
                        profile("1g.10gb", 1, 7, 0, 1, 2, 3, 4, 5, 6),
                        profile("2g.20gb", 2, 3, 0, 2, 4),
                        profile("3g.40gb", 4, 2, 0, 4),
                        profile("7g.80gb", 8, 1, 0)),
                true,
                List.of(),
                List.of());
    }

    private static ProfileCapability profile(String name, int size, int most, int... starts) {
        MigProfile profile = MigProfile.parse(name);
        return new ProfileCapability(
                profile,
                profile.nominalMemoryMiB(),
                100,
                profile.gpuSlices(),
                most,
                IntStream.of(starts)
                        .mapToObj(start -> new Placement(start, size))
                        .toList());
    }

    private static List<String> problems(String yaml) throws InvalidSettingsException {
        return DeviceSettings.parse(yaml).problemsFor(A100);
    }

    @Test
    void theUsualTablesSuitTheBoardThoughTheirNamesAreRoundedDifferently() throws InvalidSettingsException {
        assertThat(problems(Documents.text("geometries-in-section.yaml"))).isEmpty();
        assertThat(problems(Documents.text("allowlist-2.10.yaml"))).isEmpty();
        assertThat(problems("")).isEmpty();
    }

    @Test
    void aBoardThatNoEntryIsForIsReported() throws InvalidSettingsException {
        assertThat(problems("nvidia: {migProfileAllowlist: [{models: [A30, H20], profiles: [1g.6gb]}]}"))
                .containsExactly(
                        "migProfileAllowlist: no entry for model 'NVIDIA A100-SXM4-80GB' "
                                + "(listed: A30, H20), so this board is not restricted; add the model to an entry to restrict it");
    }

    @Test
    void aProfileThatTheBoardLacksIsReportedOnce() throws InvalidSettingsException {
        assertThat(problems("""
                nvidia:
                  knownMigGeometries:
                  - models: [A100]
                    allowedGeometries: [[{name: 1g.5gb, count: 7}], [{name: 1g.5gb, count: 1}]]
                """))
                .containsExactly("knownMigGeometries: model 'NVIDIA A100-SXM4-80GB' has no profile 1g.5gb, so it "
                        + "is never created; the board offers 1g.10gb, 2g.20gb, 3g.40gb, 7g.80gb");
    }

    @Test
    void aGeometryThatTheBoardCannotHoldIsReported() throws InvalidSettingsException {
        assertThat(problems("""
                nvidia:
                  knownMigGeometries:
                  - models: [A100]
                    allowedGeometries: [[{name: 2g.20gb, count: 4}, {name: 1g.10gb, count: 1}]]
                """))
                .containsExactly("knownMigGeometries: geometry {1g.10gb=1, 2g.20gb=4} is more than model 'NVIDIA"
                        + " A100-SXM4-80GB' can hold (at most 3 of 2g.20gb fit, it needs 9 of 8 placement units), so it is"
                        + " never filled; lower the counts");
    }

    @Test
    void aGeometryWhoseInstancesFindNoPlacesIsReported() throws InvalidSettingsException {
        assertThat(problems("""
                nvidia:
                  knownMigGeometries:
                  - models: [A100]
                    allowedGeometries: [[{name: 2g.20gb, count: 3}, {name: 1g.10gb, count: 2}]]
                """))
                .containsExactly("knownMigGeometries: geometry {1g.10gb=2, 2g.20gb=3} is more than model 'NVIDIA"
                        + " A100-SXM4-80GB' can hold (they find no places side by side), so it is never filled;"
                        + " lower the counts");
    }

    @Test
    void aBoardThatIsNotPartitionedHasNoProblems() throws InvalidSettingsException {
        DeviceSettings settings =
                DeviceSettings.parse("nvidia: {migProfileAllowlist: [{models: [A30], profiles: [1g.6gb]}]}");

        assertThat(settings.problemsFor(a100(GpuMode.HAMI_CORE))).isEmpty();
    }
}
