package io.migpool.deviceplugin.nvml;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.geometry.Target;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigSupport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How boards of different ages switch their MIG mode. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NvmlModeSwitchTest {

    private static final String AMPERE = "NVIDIA A100-SXM4-80GB";
    private static final String HOPPER = "NVIDIA H100 80GB HBM3";

    private FakeDriver fake;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    @ParameterizedTest
    @CsvSource({AMPERE + ", AFTER_RESET", HOPPER + ", AT_ONCE", "NVIDIA L40S, NONE"})
    void howMigModeSwitchesIsToldByTheArchitectureWhereTheFieldIsUnknown(String model, MigSupport support)
            throws GpuException {
        fake.boot(false, model);
        fake.set("fieldKnown", 0);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.description().migSupport()).isEqualTo(support);
        }
        fake.boot(false, model);
        fake.failOnce("nvmlDeviceGetFieldValues", ReturnCode.FUNCTION_NOT_FOUND);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.description().migSupport()).isEqualTo(support);
        }
    }

    @Test
    void aBoardThatDoesNotTellIsTakenToNeedAReset() throws GpuException {
        fake.boot(false, HOPPER);
        fake.set("fieldKnown", 0);
        fake.failOnce("nvmlDeviceGetArchitecture", ReturnCode.FUNCTION_NOT_FOUND);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.description().migSupport()).isEqualTo(MigSupport.AFTER_RESET);
        }
    }

    @Test
    void whatAHostAloneCanResetKeepsItsInstances() throws GpuException {
        Target disabled = new Target.Layout(List.of(MigSpecEntry.disabled()));
        fake.boot(true, AMPERE);
        fake.set("virtualization", 1);
        try (NvmlLab lab = fake.open()) {
            Geometry resetting = new Geometry(lab.driver(), _ -> true, _ -> true, () -> true);
            lab.cutWhole("3g.40gb", "4:4");

            assertThat(resetting.check(disabled, List.of())).isInstanceOf(Outcome.NeedsReset.class);
            assertThat(resetting.apply(disabled, List.of())).isInstanceOf(Outcome.NeedsReset.class);

            assertThat(fake.hooks().fake_calls("nvmlGpuInstanceDestroy")).isZero();
            assertThat(fake.hooks().fake_calls("nvmlDeviceSetMigMode")).isZero();
        }
    }

    @Test
    void aBoardThatDoesNotResetItselfIsTakenApartForItOnlyOnce() throws GpuException {
        Target disabled = new Target.Layout(List.of(MigSpecEntry.disabled()));
        fake.boot(true, AMPERE);
        try (NvmlLab lab = fake.open()) {
            Geometry resetting = new Geometry(lab.driver(), _ -> true, _ -> true, () -> true);
            lab.cutWhole("3g.40gb", "4:4");
            assertThat(resetting.apply(disabled, List.of())).isInstanceOf(Outcome.NeedsReset.class);
            assertThat(lab.driver().migMode(lab.gpu())).isEqualTo(MigMode.ON);
            List<GpuInstance> back = lab.instances();
            assertThat(back).hasSize(1);

            for (int i = 0; i < 3; i++) {
                assertThat(resetting.apply(disabled, List.of())).isInstanceOf(Outcome.NeedsReset.class);
            }

            assertThat(lab.instances()).isEqualTo(back);
            assertThat(fake.hooks().fake_calls("nvmlGpuInstanceDestroy")).isEqualTo(1);

            // Once it has been seen to do so it is tried again.
            lab.destroy(back.getFirst());
            fake.set("idleGpuResets", 1);
            assertThat(lab.driver().modeSwitch().orElseThrow().disableMig(lab.gpu()))
                    .isEqualTo(MigMode.OFF);
            assertThat(lab.driver().modeSwitch().orElseThrow().canReset(lab.gpu()))
                    .isTrue();
        }
    }

    @Test
    void anIdleBoardThatResetsItselfIsTakenApartAndSwitchedOff() throws GpuException {
        fake.boot(true, AMPERE);
        fake.set("idleGpuResets", 1);
        try (NvmlLab lab = fake.open()) {
            lab.cutWhole("3g.40gb", "4:4");

            assertThat(new Geometry(lab.driver(), _ -> true, _ -> true, () -> true)
                            .apply(new Target.Layout(List.of(MigSpecEntry.disabled())), List.of()))
                    .isInstanceOf(Outcome.Applied.class);

            assertThat(lab.driver().migMode(lab.gpu())).isEqualTo(MigMode.OFF);
        }
    }

    @Test
    void anIdleAmpereThatResetsItselfIsOnAtOnce() throws GpuException {
        fake.boot(false, AMPERE);
        fake.set("idleGpuResets", 1);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.ON);
            lab.cut("7g.80gb", "0:8");
        }
    }

    @Test
    void aModeThatStaysPendingUnderAProcessComesWithTheNextTry() throws GpuException {
        fake.boot(false, AMPERE);
        fake.set("idleGpuResets", 1);
        try (NvmlLab lab = fake.open()) {
            lab.startProcess(lab.gpu(), 5, 10);
            assertRefused(GpuErrorCode.IN_USE, () -> lab.driver().enableMig(lab.gpu()))
                    .contains("pending: true");
            assertThat(lab.driver().migMode(lab.gpu())).isEqualTo(MigMode.PENDING);
            lab.endProcess(5);
            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.ON);
        }
    }

    @ParameterizedTest
    @CsvSource({"16, RESET_REQUIRED", "999, UNKNOWN", "4, NO_PERMISSION", "19, IN_USE"})
    void aModeThatIsNeitherOnNorPendingIsAFailure(int activation, GpuErrorCode code) throws GpuException {
        fake.boot(false, HOPPER);
        fake.set("activation", activation);
        try (NvmlLab lab = fake.open()) {
            assertRefused(code, () -> lab.driver().enableMig(lab.gpu()));
            assertThat(lab.driver().migMode(lab.gpu())).isEqualTo(MigMode.OFF);
        }
    }
}
