package io.migpool.deviceplugin.gpu;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.mig.UnitMask;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How instances are cut, told and destroyed. */
interface InstanceContract extends Machines {

    @ParameterizedTest
    @ValueSource(strings = {AMPERE, HOPPER, "NVIDIA A30", "NVIDIA RTX PRO 6000 Blackwell Server Edition"})
    default void everyProfileCanBeCutAtItsPlacesAndNowhereElse(String model) throws GpuException {
        try (GpuLab lab = boot(true, model)) {
            for (ProfileCapability offered : lab.description().profiles()) {
                for (int start = 0; start <= Math.min(12, UnitMask.MAX_UNITS - offered.size()); start++) {
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
    default void asManyInstancesOfAProfileFitAsTheDriverSays(String model) throws GpuException {
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
    default void instancesDoNotOverlap() throws GpuException {
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
    default void aProfileOfAnotherBoardIsNotFound(String profile) throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.cut(profile, "0:1"))
                    .contains(AMPERE + " does not offer " + profile);
        }
    }

    @Test
    default void aPartOfAGpuInstanceIsNoGpuInstance() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.cut("1c.3g.40gb", "0:4"));
        }
    }

    @Test
    default void theMigDeviceExistsOnlyWithAComputeInstance() throws GpuException {
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
    default void aGpuInstanceGoesAfterItsComputeInstance() throws GpuException {
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
    default void foreignPartsAreToldAndUseUpTheSlices() throws GpuException {
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
    default void aGpuInstanceIsDividedIntoDevicesThatComeAndGoOneByOne() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuInstance bare = lab.cut("3g.40gb", "4:4");

            ComputeInstance two = lab.driver().createComputeInstance(bare, 2);
            ComputeInstance one = lab.driver().createComputeInstance(bare, 1);

            assertThat(List.of(two, one))
                    .extracting(compute -> compute.profile().toString())
                    .containsExactly("2c.3g.40gb", "1c.3g.40gb");
            assertThat(two.migUuid()).startsWith("MIG-").isNotEqualTo(one.migUuid());
            assertThat(lab.instances()).singleElement().satisfies(instance -> assertThat(instance.computeInstances())
                    .containsExactly(two, one));
            assertRefused(
                    GpuErrorCode.INSUFFICIENT_RESOURCES, () -> lab.driver().createComputeInstance(bare, 1));

            lab.startProcess(one.migUuid(), 20, 100);
            lab.driver().destroyComputeInstance(bare, two);
            assertRefused(GpuErrorCode.IN_USE, () -> lab.driver().destroyComputeInstance(bare, one));
            assertThat(lab.driver().createComputeInstance(bare, 2).id()).isEqualTo(two.id());
        }
    }

    @Test
    default void aGpuInstanceHasNoPartsOfOtherSizes() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuInstance bare = lab.cut("4g.40gb", "0:4");

            for (int slices : new int[] {-1, 0, 3, 5}) {
                assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.driver().createComputeInstance(bare, slices));
            }
            assertThat(lab.instances()).containsExactly(bare);
            assertThat(lab.driver().createComputeInstance(bare, 4).profile()).isEqualTo(bare.profile());
        }
    }

    @Test
    default void anotherInstanceUnderTheSameIdIsNotTheOneMeant() throws GpuException {
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
    default void whatIsGoneIsNotFound() throws GpuException {
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
    default void processesAreListedWhereTheyRunAndHoldWhatTheyUse() throws GpuException {
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
}
