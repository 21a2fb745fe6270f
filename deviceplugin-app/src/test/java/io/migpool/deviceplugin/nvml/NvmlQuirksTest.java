package io.migpool.deviceplugin.nvml;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.geometry.Target;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.geometry.spec.MigSpecReader;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
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
import org.junit.jupiter.params.provider.ValueSource;

/** What drivers do differently, by age, board and mood. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NvmlQuirksTest {

    private static final String AMPERE = "NVIDIA A100-SXM4-80GB";
    private static final String HOPPER = "NVIDIA H100 80GB HBM3";
    private static final String RTX = "NVIDIA RTX PRO 6000 Blackwell Server Edition";

    private FakeDriver fake;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    @ParameterizedTest
    @CsvSource({
        "NVIDIA A30, 3",
        "NVIDIA A30, 2",
        "NVIDIA A30, 0",
        AMPERE + ", 3",
        AMPERE + ", 2",
        AMPERE + ", 0",
        HOPPER + ", 3",
        HOPPER + ", 2",
        HOPPER + ", 0",
        RTX + ", 3",
        RTX + ", 2",
        RTX + ", 0"
    })
    void profilesAreTheSameWhateverVersionOfTheCallTellsThem(String model, int version) throws GpuException {
        fake.boot(true, model);
        List<ProfileCapability> newest;
        try (NvmlLab lab = fake.open()) {
            newest = lab.description().profiles();
        }
        fake.boot(true, model);
        fake.set("profileVersion", version);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.description().profiles()).isEqualTo(newest).isNotEmpty();
            // What the newer call tells is not asked for again; what it does not tell is.
            assertThat(fake.hooks().fake_calls("nvmlDeviceGetGpuInstanceProfileInfo"))
                    .isEqualTo(ProfileEnum.all().size() - (version == 0 ? 0 : newest.size()));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 99})
    void theDriversCountsOfAnA30AreNotBelieved(int told) throws GpuException {
        fake.boot(true, "NVIDIA A30");
        List<ProfileCapability> right;
        try (NvmlLab lab = fake.open()) {
            right = lab.description().profiles();
        }
        fake.set("countTold", told);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.description().profiles()).isEqualTo(right).hasSize(5);
            for (int start = 0; start < 4; start++) {
                lab.cut("1g.6gb", start + ":1");
            }
            assertThat(lab.instances()).hasSize(4);
        }
    }

    @Test
    void noMoreInstancesAreBelievedInThanThereIsRoomFor() throws GpuException {
        fake.boot(true, AMPERE);
        fake.set("countTold", 99);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.description().profiles())
                    .extracting(offered -> offered.profile().toString(), ProfileCapability::maxInstances)
                    .contains(tuple("1g.10gb", 7), tuple("1g.20gb", 4), tuple("2g.20gb", 3), tuple("7g.80gb", 1));
        }
    }

    @Test
    void instancesOfWhatTheDriverCountsAsNoneAreSeen() throws GpuException {
        fake.boot(true, AMPERE);
        fake.set("countTold", 0);
        assertThat(fake.hooks().fake_foreign(0, "2g.20gb", 0, 2, 0)).isNotNegative();
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.description().profiles()).isEmpty();
            assertThat(lab.instances()).hasSize(1);
        }
    }

    @Test
    void profilesThatAreOnlyToldInMigModeAreReadOnceItIsOn() throws GpuException {
        fake.boot(false, HOPPER);
        fake.set("profilesNeedMig", 1);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.description().profiles()).isEmpty();
            lab.driver().enableMig(lab.gpu());
            assertThat(lab.description().profiles()).hasSize(7);
            lab.cut("1g.10gb", "3:1");
        }
    }

    @Test
    void aLayoutIsMadeWhereProfilesAreToldOnlyInMigMode() throws GpuException, MigSpecException {
        fake.boot(false, HOPPER);
        fake.set("profilesNeedMig", 1);
        try (NvmlLab lab = fake.open()) {
            List<MigSpecEntry> config = MigSpecReader.read("config.yaml", """
                            version: v1
                            mig-configs:
                              all-3g.40gb:
                                - devices: all
                                  mig-enabled: true
                                  mig-devices: {"3g.40gb": 2}
                            """).config("all-3g.40gb");

            assertThat(new Geometry(lab.driver()).apply(new Target.Layout(config), List.of()))
                    .isInstanceOf(Outcome.Applied.class);

            assertThat(lab.instances()).hasSize(2);
        }
    }

    @Test
    void profilesAreReadAgainWhenTheModeChangesBehindOurBack() throws GpuException {
        fake.boot(false, AMPERE);
        fake.set("profileVersion", 0);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.description().profiles()).hasSize(7);
            lab.driver().enableMig(lab.gpu());
            int before = fake.hooks().fake_calls("nvmlDeviceGetGpuInstanceProfileInfo");
            assertThat(lab.description().profiles()).hasSize(7);
            assertThat(fake.hooks().fake_calls("nvmlDeviceGetGpuInstanceProfileInfo"))
                    .isEqualTo(before);
            fake.hooks().fake_reset(0);

            assertThat(lab.driver().migMode(lab.gpu())).isEqualTo(MigMode.ON);

            assertThat(lab.description().profiles()).hasSize(7);
            assertThat(fake.hooks().fake_calls("nvmlDeviceGetGpuInstanceProfileInfo"))
                    .isEqualTo(before + ProfileEnum.all().size());
        }
    }

    @Test
    void theUuidIsFoundWhereAComputeInstanceNamesTheGpu() throws GpuException {
        fake.boot(true, HOPPER);
        fake.set("computeNamesGpu", 1);
        try (NvmlLab lab = fake.open()) {
            GpuInstance first = lab.cutWhole("3g.40gb", "0:4");
            GpuInstance second = lab.cutWhole("1g.10gb", "5:1");

            assertThat(uuid(first)).startsWith("MIG-").isNotEqualTo(uuid(second));
            assertThat(lab.instances()).containsExactlyInAnyOrder(first, second);
            lab.destroy(first);
            assertThat(lab.instances()).containsExactly(second);
            assertThat(fake.hooks().fake_calls("nvmlDeviceGetMigDeviceHandleByIndex"))
                    .isPositive();
        }
    }

    @Test
    void noWalkIsMadeWhereAComputeInstanceNamesItsMigDevice() throws GpuException {
        fake.boot(true, HOPPER);
        try (NvmlLab lab = fake.open()) {
            lab.destroy(lab.cutWhole("3g.40gb", "0:4"));
            lab.instances();
            assertThat(fake.hooks().fake_calls("nvmlDeviceGetMigDeviceHandleByIndex"))
                    .isZero();
            assertThat(fake.hooks().fake_calls("nvmlDeviceGetHandleByUUID")).isZero();
        }
    }

    @Test
    void aProcessIsPlacedByTheDeviceThatListsIt() throws GpuException {
        fake.boot(true, HOPPER);
        fake.set("hideInstances", 1);
        try (NvmlLab lab = fake.open()) {
            GpuInstance instance = lab.cutWhole("2g.20gb", "2:2");
            lab.startProcess(uuid(instance), 20, 1, 3L << 20);
            lab.startProcess(lab.gpu(), 10, 1, -1);

            assertThat(lab.driver().processes(lab.gpu()))
                    .containsExactly(
                            new GpuProcess(
                                    10, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE, GpuProcess.UNKNOWN_MEMORY),
                            new GpuProcess(20, instance.id(), 0, 3));
        }
    }

    @Test
    void computeGraphicsAndMpsClientsAreListedEachOnce() throws GpuException {
        fake.boot(false, AMPERE);
        try (NvmlLab lab = fake.open()) {
            lab.startProcess(lab.gpu(), 3, 4, 1L << 20);
            lab.startProcess(lab.gpu(), 2, 2, 2L << 20);
            lab.startProcess(lab.gpu(), 1, 3, 3L << 20);

            assertThat(lab.driver().processes(lab.gpu()))
                    .extracting(GpuProcess::pid, GpuProcess::usedMemoryMiB)
                    .containsExactly(tuple(1L, 3L), tuple(2L, 2L), tuple(3L, 1L));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 31, 32, 33, 65, 200})
    void aListOfAnyLengthIsReadWhole(int length) throws GpuException {
        fake.boot(false, AMPERE);
        try (NvmlLab lab = fake.open()) {
            for (int pid = 1; pid <= length; pid++) {
                fake.hooks().fake_start(0, pid, -1, -1, 1, 0);
            }
            assertThat(lab.driver().processes(lab.gpu())).hasSize(length);
            assertThat(fake.hooks().fake_calls("nvmlDeviceGetComputeRunningProcesses_v3"))
                    .isEqualTo(length <= 32 ? 1 : 2);
        }
    }

    @Test
    void aListThatNeverFitsIsGivenUp() throws GpuException {
        fake.boot(false, AMPERE);
        try (NvmlLab lab = fake.open()) {
            fake.hooks()
                    .fake_fail("nvmlDeviceGetComputeRunningProcesses_v3", ReturnCode.INSUFFICIENT_SIZE.number(), 1_000);
            assertRefused(GpuErrorCode.UNKNOWN, () -> lab.driver().processes(lab.gpu()))
                    .contains("outgrowing its buffer");
        }
    }

    @Test
    void aVirtualGpuIsNotCut() throws GpuException {
        fake.boot(true, HOPPER);
        fake.set("virtualization", 2);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.description().migSupport()).isEqualTo(MigSupport.NONE);
            assertThat(lab.description().profiles()).isEmpty();
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.cut("1g.10gb", "0:1"));
        }
    }

    @Test
    void anotherBoardInTheSameSlotIsNotTakenForTheOneThatWasThere() throws GpuException {
        fake.boot(true, HOPPER);
        try (NvmlLab lab = fake.open()) {
            String gpu = lab.gpu();
            fake.set("exchanged", 1);
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().instances(gpu))
                    .contains("at 00000000:A0:00.0 is GPU-00000000-0000-4000-8000-000000000001 now");
        }
    }

    @Test
    void aDriverThatTellsNoPlacesOffersNothing() throws GpuException {
        fake.boot(true, HOPPER);
        fake.hooks()
                .fake_fail(
                        "nvmlDeviceGetGpuInstancePossiblePlacements_v2", ReturnCode.FUNCTION_NOT_FOUND.number(), 100);
        fake.hooks().fake_fail("nvmlDeviceGetGpuInstancePossiblePlacements", ReturnCode.NOT_SUPPORTED.number(), 100);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.description().profiles()).isEmpty();
        }
    }

    private static String uuid(GpuInstance instance) {
        return instance.wholeComputeInstance().map(ComputeInstance::migUuid).orElseThrow();
    }
}
