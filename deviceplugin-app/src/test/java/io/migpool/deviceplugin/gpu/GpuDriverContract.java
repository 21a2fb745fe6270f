package io.migpool.deviceplugin.gpu;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every driver does, whatever stands behind it. */
public abstract class GpuDriverContract {

    /** Reset for MIG mode. */
    protected static final String AMPERE = "NVIDIA A100-SXM4-80GB";
    /** MIG mode at once. */
    protected static final String HOPPER = "NVIDIA H100 80GB HBM3";

    private static final long MIB = 1L << 20;
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String NO_MIG = "NVIDIA L40S";
    private static final String NOWHERE = "GPU-00000000-0000-0000-0000-0000deadbeef";

    /** A machine with one GPU of each of these models, without instances and processes. */
    protected abstract GpuLab boot(boolean migEnabled, String... models) throws GpuException;

    @Test
    void gpusAreListedByIndexWithWhatTheyAre() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE, NO_MIG, HOPPER)) {
            List<GpuDescription> gpus = lab.driver().gpus();

            assertThat(gpus).extracting(GpuDescription::model).containsExactly(AMPERE, NO_MIG, HOPPER);
            assertThat(gpus).extracting(GpuDescription::index).containsExactly(0, 1, 2);
            assertThat(gpus).extracting(GpuDescription::memoryMiB).containsExactly(81_920L, 46_068L, 81_559L);
            assertThat(gpus)
                    .extracting(GpuDescription::migSupport)
                    .containsExactly(MigSupport.AFTER_RESET, MigSupport.NONE, MigSupport.AT_ONCE);
            assertThat(gpus)
                    .extracting(GpuDescription::uuid)
                    .doesNotHaveDuplicates()
                    .allMatch(uuid -> uuid.startsWith("GPU-"));
            assertThat(gpus).extracting(gpu -> gpu.profiles().size()).containsExactly(7, 0, 7);
            assertThat(lab.driver().bootId())
                    .isNotBlank()
                    .isEqualTo(lab.driver().bootId());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {AMPERE, HOPPER, "NVIDIA A30", "NVIDIA RTX PRO 6000 Blackwell Server Edition"})
    void everyProfileCanBeCutAtItsPlacesAndNowhereElse(String model) throws GpuException {
        try (GpuLab lab = boot(true, model)) {
            for (ProfileCapability offered : lab.description().profiles()) {
                for (int start = 0; start <= 12; start++) {
                    Placement place = new Placement(start, offered.size());
                    if (offered.allows(place)) {
                        GpuInstance instance = lab.driver().createGpuInstance(lab.gpu(), offered.profile(), place);
                        assertThat(instance.profile()).isEqualTo(offered.profile());
                        assertThat(instance.placement()).isEqualTo(place);
                        assertThat(lab.instances()).containsExactly(instance);
                        ComputeInstance compute = lab.driver().createComputeInstance(instance);
                        assertThat(compute.profile()).isEqualTo(offered.profile());
                        assertThat(lab.instances().getFirst().wholeComputeInstance())
                                .contains(compute);
                        lab.driver().destroyComputeInstance(instance, compute);
                        lab.destroy(instance);
                    } else {
                        assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver()
                                        .createGpuInstance(lab.gpu(), offered.profile(), place))
                                .contains(offered.profile().toString(), place.toString());
                    }
                }
                assertThat(lab.instances()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {AMPERE, HOPPER, "NVIDIA A30", "NVIDIA RTX PRO 6000 Blackwell Server Edition"})
    void asManyInstancesOfAProfileFitAsTheDriverSays(String model) throws GpuException {
        try (GpuLab lab = boot(true, model)) {
            for (ProfileCapability offered : lab.description().profiles()) {
                List<GpuInstance> cut = new ArrayList<>();
                for (Placement place : offered.placements()) {
                    if (cut.size() < offered.maxInstances()) {
                        cut.add(lab.driver().createGpuInstance(lab.gpu(), offered.profile(), place));
                    } else {
                        assertRefused(GpuErrorCode.INSUFFICIENT_RESOURCES, () -> lab.driver()
                                .createGpuInstance(lab.gpu(), offered.profile(), place));
                    }
                }
                assertThat(cut).as("%s", offered.profile()).hasSize(offered.maxInstances());
                assertThat(lab.instances()).containsExactlyInAnyOrderElementsOf(cut);
                for (GpuInstance instance : cut) {
                    lab.destroy(instance);
                }
            }
        }
    }

    @Test
    void migModeGoesOffOnlyWithoutInstances() throws GpuException {
        try (GpuLab lab = boot(true, HOPPER)) {
            MigModeSwitch modes = lab.driver().modeSwitch().orElseThrow();
            GpuInstance instance = lab.cut("3g.40gb", "4:4");
            assertRefused(GpuErrorCode.IN_USE, () -> modes.disableMig(lab.gpu()));
            lab.destroy(instance);

            assertThat(modes.disableMig(lab.gpu())).isEqualTo(MigMode.OFF);
            assertThat(modes.disableMig(lab.gpu())).isEqualTo(MigMode.OFF);
            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.ON);
        }
    }

    @Test
    void migModeThatNeedsAResetToGoOffStaysOnUntilThen() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            MigMode mode = lab.driver().modeSwitch().orElseThrow().disableMig(lab.gpu());

            assertThat(mode).isEqualTo(new MigMode(true, false));
            assertThat(mode.resetRequired()).isTrue();
        }
    }

    @Test
    void instancesDoNotOverlap() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuInstance first = lab.cut("3g.40gb", "4:4");

            assertRefused(GpuErrorCode.INSUFFICIENT_RESOURCES, () -> lab.cut("1g.10gb", "6:1"))
                    .contains("1g.10gb at 6:1", lab.gpu());
            GpuInstance second = lab.cut("4g.40gb", "0:4");

            assertThat(lab.instances()).containsExactlyInAnyOrder(first, second);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1g.5gb", "3g.40gb+me", "5g.40gb"})
    void aProfileOfAnotherBoardIsNotFound(String profile) throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.cut(profile, "0:1"))
                    .contains(AMPERE + " does not offer " + profile);
        }
    }

    @Test
    void aPartOfAGpuInstanceIsNoGpuInstance() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.cut("1c.3g.40gb", "0:4"));
        }
    }

    @Test
    void theMigDeviceExistsOnlyWithAComputeInstance() throws GpuException {
        try (GpuLab lab = boot(true, HOPPER)) {
            GpuInstance bare = lab.cut("3g.40gb", "4:4");
            assertThat(bare.computeInstances()).isEmpty();

            ComputeInstance compute = lab.driver().createComputeInstance(bare);

            assertThat(compute.migUuid()).startsWith("MIG-");
            assertThat(lab.instances()).singleElement().satisfies(instance -> {
                assertThat(instance.isSameAs(bare)).isTrue();
                assertThat(instance.computeInstances()).containsExactly(compute);
            });
            assertRefused(
                    GpuErrorCode.INSUFFICIENT_RESOURCES, () -> lab.driver().createComputeInstance(bare));
        }
    }

    @Test
    void aGpuInstanceGoesAfterItsComputeInstance() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuInstance whole = lab.cutWhole("2g.20gb", "0:2");

            assertRefused(GpuErrorCode.IN_USE, () -> lab.driver().destroyGpuInstance(whole))
                    .contains("2g.20gb at 0:2");
            assertThat(lab.instances()).containsExactly(whole);

            lab.destroy(whole);
            assertThat(lab.instances()).isEmpty();
        }
    }

    @Test
    void foreignPartsAreToldAndUseUpTheSlices() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuInstance foreign =
                    lab.createForeignInstance(lab.gpu(), MigProfile.parse("3g.40gb"), GpuLab.at("0:4"), 1, 1);

            assertThat(foreign.computeInstances())
                    .extracting(compute -> compute.profile().toString())
                    .containsExactly("1c.3g.40gb", "1c.3g.40gb");
            assertThat(foreign.computeInstances())
                    .extracting(ComputeInstance::migUuid)
                    .doesNotHaveDuplicates();
            assertThat(foreign.wholeComputeInstance()).isEmpty();
            assertRefused(
                    GpuErrorCode.INSUFFICIENT_RESOURCES, () -> lab.driver().createComputeInstance(foreign));
            assertThat(lab.instances()).containsExactly(foreign);
        }
    }

    @Test
    void anotherInstanceUnderTheSameIdIsNotTheOneMeant() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuInstance first = lab.cutWhole("3g.40gb", "0:4");
            ComputeInstance compute = first.computeInstances().getFirst();
            lab.destroy(first);
            GpuInstance second = lab.cutWhole("3g.40gb", "4:4");
            assertThat(second.id()).isEqualTo(first.id());

            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().destroyComputeInstance(first, compute))
                    .contains("3g.40gb at 0:4", "is gone");
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().destroyGpuInstance(first))
                    .contains("is gone");
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().createComputeInstance(first));
            assertThat(lab.instances()).containsExactly(second);
        }
    }

    @Test
    void whatIsGoneIsNotFound() throws GpuException {
        try (GpuLab lab = boot(true, HOPPER)) {
            GpuInstance whole = lab.cutWhole("1g.20gb", "2:2");
            ComputeInstance compute = whole.computeInstances().getFirst();
            lab.driver().destroyComputeInstance(whole, compute);
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().destroyComputeInstance(whole, compute))
                    .contains(compute.migUuid());
            lab.driver().destroyGpuInstance(whole);

            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().destroyGpuInstance(whole));
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().destroyComputeInstance(whole, compute));
        }
    }

    @Test
    void processesAreListedWhereTheyRunAndHoldWhatTheyUse() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuInstance instance = lab.cutWhole("2g.20gb", "4:2");
            GpuInstance neighbour = lab.cutWhole("1g.10gb", "0:1");
            ComputeInstance compute = instance.computeInstances().getFirst();
            lab.startProcess(lab.gpu(), 30, 100);
            lab.startProcess(compute.migUuid(), 20, 2_000);

            assertThat(lab.driver().processes(lab.gpu()))
                    .containsExactly(
                            new GpuProcess(20, instance.id(), compute.id(), 2_000),
                            new GpuProcess(30, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE, 100));
            assertRefused(GpuErrorCode.IN_USE, () -> lab.driver().destroyComputeInstance(instance, compute))
                    .contains(compute.migUuid());
            lab.destroy(neighbour);
            lab.endProcess(20);
            lab.destroy(instance);

            assertThat(lab.instances()).isEmpty();
        }
    }

    @Test
    void nothingIsCutWhileMigModeIsOff() throws GpuException {
        try (GpuLab lab = boot(false, HOPPER)) {
            assertThat(lab.driver().migMode(lab.gpu())).isEqualTo(MigMode.OFF);
            assertThat(lab.description().profiles()).hasSize(7);
            assertThat(lab.instances()).isEmpty();
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.cut("1g.10gb", "0:1"))
                    .contains("MIG mode is off");

            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.ON);
            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.ON);
            lab.cut("1g.10gb", "0:1");
        }
    }

    @Test
    void aBoardThatNeedsAResetWaitsForIt() throws GpuException {
        try (GpuLab lab = boot(false, AMPERE)) {
            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.PENDING);
            assertThat(lab.driver().migMode(lab.gpu()).resetRequired()).isTrue();
            assertRefused(GpuErrorCode.RESET_REQUIRED, () -> lab.cut("1g.10gb", "0:1"))
                    .contains("MIG mode is pending", "nvidia-smi --gpu-reset");

            lab.resetGpu(lab.gpu());

            assertThat(lab.driver().migMode(lab.gpu())).isEqualTo(MigMode.ON);
            lab.cut("1g.10gb", "0:1");
        }
    }

    @Test
    void theModeDoesNotChangeUnderAProcess() throws GpuException {
        try (GpuLab lab = boot(false, HOPPER)) {
            lab.startProcess(lab.gpu(), 17, 500);
            assertRefused(GpuErrorCode.IN_USE, () -> lab.driver().enableMig(lab.gpu()));
            assertThat(lab.driver().migMode(lab.gpu()).enabled()).isFalse();

            lab.endProcess(17);
            assertThat(lab.driver().enableMig(lab.gpu())).isEqualTo(MigMode.ON);
        }
    }

    @Test
    void aBoardWithoutMigSaysSo() throws GpuException {
        try (GpuLab lab = boot(true, NO_MIG)) {
            assertThat(lab.description().migCapable()).isFalse();
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.driver().migMode(lab.gpu()));
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.driver().enableMig(lab.gpu()));
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.cut("1g.10gb", "0:1"))
                    .contains(NO_MIG + " has no MIG");
            assertThat(lab.instances()).isEmpty();
            assertThat(lab.driver().processes(lab.gpu())).isEmpty();
        }
    }

    @Test
    void aLostGpuFailsAloneUntilItIsReset() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE, HOPPER)) {
            String lost = lab.gpu();
            String other = lab.driver().gpus().get(1).uuid();
            GpuInstance instance = lab.cutWhole("1g.10gb", "0:1");
            lab.loseGpu(lost);

            assertThat(lab.driver().gpus()).hasSize(2);
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().migMode(lost));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().enableMig(lost));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().instances(lost));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().processes(lost));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.cut("1g.10gb", "1:1"));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().createComputeInstance(instance));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.destroy(instance));
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().destroyGpuInstance(instance));
            lab.driver().createGpuInstance(other, MigProfile.parse("1g.10gb"), GpuLab.at("0:1"));

            lab.resetGpu(lost);
            assertThat(lab.driver().instances(lost)).isEmpty();
        }
    }

    @Test
    void memoryIsToldOfTheGpuAndOfEachMigDevice() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuInstance instance = lab.cutWhole("2g.20gb", "4:2");
            GpuInstance neighbour = lab.cutWhole("1g.10gb", "0:1");
            lab.cut("1g.10gb", "1:1");
            lab.startProcess(instance.computeInstances().getFirst().migUuid(), 20, 2_000);
            lab.startProcess(lab.gpu(), 30, 100);

            GpuUsage usage = lab.driver().usage(lab.gpu());

            assertThat(usage.memory()).isEqualTo(new GpuUsage.MemoryUse(2_100 * MIB, 81_920 * MIB));
            assertThat(usage.computePercent()).isEmpty();
            assertThat(usage.instances())
                    .extracting(GpuUsage.InstanceUsage::gpuInstanceId)
                    .containsExactlyInAnyOrder(instance.id(), neighbour.id());
            assertThat(usage.instances())
                    .filteredOn(used -> used.gpuInstanceId() == instance.id())
                    .singleElement()
                    .satisfies(used -> {
                        long total = lab.description()
                                .profile(instance.profile())
                                .orElseThrow()
                                .memoryMiB();
                        assertThat(used.memory()).isEqualTo(new GpuUsage.MemoryUse(2_000 * MIB, total * MIB));
                    });
        }
    }

    @Test
    void aMigDeviceTellsWhatItHas() throws GpuException {
        try (GpuLab lab = boot(true, HOPPER)) {
            GpuInstance half = lab.cutWhole("3g.40gb", "4:4");
            GpuInstance small = lab.cutWhole("1g.10gb", "0:1");

            GpuFeatures features = lab.driver().features(lab.gpu());

            assertThat(features.computeCapability()).contains(new GpuFeatures.ComputeCapability(9, 0));
            assertThat(features.devices())
                    .containsExactlyInAnyOrder(
                            new GpuFeatures.DeviceFeatures(
                                    half.id(), 0, 60, new GpuFeatures.Engines(3, 3, 0, 3, 0), 40_448),
                            new GpuFeatures.DeviceFeatures(
                                    small.id(), 0, 16, new GpuFeatures.Engines(1, 1, 0, 1, 0), 9_984));
        }
    }

    @Test
    void ofAGpuWithoutMigModeOnlyTheGpuItselfIsTold() throws GpuException {
        try (GpuLab lab = boot(false, NO_MIG)) {
            GpuFeatures features = lab.driver().features(lab.gpu());

            assertThat(features.computeCapability()).contains(new GpuFeatures.ComputeCapability(8, 9));
            assertThat(features.devices()).isEmpty();
        }
    }

    @Test
    void whileMigModeIsOffTheGpuIsToldAsAWhole() throws GpuException {
        try (GpuLab lab = boot(false, NO_MIG)) {
            GpuUsage usage = lab.driver().usage(lab.gpu());

            assertThat(usage.computePercent()).hasValue(0);
            assertThat(usage.memoryAccessPercent()).hasValue(0);
            assertThat(usage.instances()).isEmpty();
            lab.loseGpu(lab.gpu());
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().usage(lab.gpu()));
        }
    }

    @Test
    void anXidIsToldOfTheInstanceOrTheGpuThatItHits() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE, HOPPER)) {
            GpuInstance instance = lab.cutWhole("2g.20gb", "0:2");
            ComputeInstance compute = instance.computeInstances().getFirst();
            String other = lab.driver().gpus().get(1).uuid();
            try (GpuEvents events = lab.driver().events()) {
                lab.raiseXid(compute.migUuid(), 94);
                assertThat(events.next(SOON)).contains(new GpuEvent.Xid(lab.gpu(), 94, instance.id(), compute.id()));

                lab.raiseXid(other, 79);
                lab.raiseXid(other, 154);
                assertThat(events.next(SOON))
                        .contains(new GpuEvent.Xid(other, 79, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE));
                assertThat(events.next(SOON)).get().isInstanceOfSatisfying(GpuEvent.Xid.class, xid -> {
                    assertThat(xid.number()).isEqualTo(154);
                    assertThat(xid.hitsWholeGpu()).isTrue();
                });
                assertThat(events.next(Duration.ofMillis(50))).isEmpty();
            }
        }
    }

    @Test
    void whatHappenedBeforeSomebodyListenedIsNotTold() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            lab.raiseXid(lab.gpu(), 48);
            try (GpuEvents events = lab.driver().events()) {
                assertThat(events.next(Duration.ofMillis(50))).isEmpty();
            }
        }
    }

    @Test
    void whatAGpuNeedsIsToldAndEndsWithItsReset() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE, HOPPER)) {
            String other = lab.driver().gpus().get(1).uuid();
            assertThat(lab.driver().recoveryAction(lab.gpu())).contains(RecoveryAction.NONE);
            try (GpuEvents events = lab.driver().events()) {
                lab.needRecovery(lab.gpu(), RecoveryAction.DRAIN_AND_RESET);

                assertThat(events.next(SOON)).contains(new GpuEvent.ConditionChanged(lab.gpu()));
                assertThat(lab.driver().recoveryAction(lab.gpu())).contains(RecoveryAction.DRAIN_AND_RESET);
                assertThat(lab.driver().recoveryAction(other)).contains(RecoveryAction.NONE);
            }
            lab.resetGpu(lab.gpu());
            assertThat(lab.driver().recoveryAction(lab.gpu())).contains(RecoveryAction.NONE);
        }
    }

    @Test
    void eventsOfTheOtherGpusComeThoughOneIsLost() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE, HOPPER)) {
            String other = lab.driver().gpus().get(1).uuid();
            lab.loseGpu(lab.gpu());
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().recoveryAction(lab.gpu()));
            try (GpuEvents events = lab.driver().events()) {
                lab.raiseXid(other, 48);
                assertThat(events.next(SOON))
                        .get()
                        .extracting(GpuEvent::gpuUuid)
                        .isEqualTo(other);
            }
        }
    }

    @Test
    void eventsEndWithTheDriver() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuEvents events = lab.driver().events();
            lab.driver().close();
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> events.next(SOON));
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver().events());
            events.close();
        }
    }

    @Test
    void aGpuThatIsNotThereIsNotFound() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuInstance stray = new GpuInstance(NOWHERE, 1, MigProfile.of(1, 10), GpuLab.at("0:1"), List.of());
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().migMode(NOWHERE))
                    .contains(NOWHERE);
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().instances(NOWHERE));
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().destroyGpuInstance(stray));
        }
    }

    @Test
    void aClosedDriverAnswersNothing() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            String gpu = lab.gpu();
            lab.driver().close();
            lab.driver().close();

            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver().gpus())
                    .contains("the driver is closed");
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver().bootId());
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver().instances(gpu));
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver().enableMig(gpu));
        }
    }
}
