package io.migpool.deviceplugin.simulated;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.mig.UnitMask;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GpuInstanceRulesTest {

    @ParameterizedTest
    @MethodSource("io.migpool.deviceplugin.simulated.Rig#migBoards")
    void everyProfileCanBeCutAtItsPlacesAndNowhereElse(Board board) throws GpuException {
        try (Rig rig = Rig.with(board.model())) {
            for (ProfileCapability offered : rig.description().profiles()) {
                int last = Math.min(board.units(), UnitMask.MAX_UNITS - offered.size());
                for (int start = 0; start <= last; start++) {
                    Placement place = new Placement(start, offered.size());
                    if (offered.allows(place)) {
                        GpuInstance instance = rig.cut(offered.profile(), place);
                        assertThat(rig.instances()).containsExactly(instance);
                        assertThat(instance.placement()).isEqualTo(place);
                        rig.destroy(instance);
                    } else {
                        assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> rig.cut(offered.profile(), place))
                                .contains(offered.profile().toString(), place.toString());
                    }
                }
                assertThat(rig.instances()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.migpool.deviceplugin.simulated.Rig#migBoards")
    void twoInstancesBearEachOtherExactlyWhenTheRulesSaySo(Board board) throws GpuException {
        try (Rig rig = Rig.with(board.model())) {
            List<Slot> slots = Slot.of(rig.description());
            for (Slot first : slots) {
                GpuInstance instance = rig.cut(first.profile(), first.placement());
                for (Slot second : slots) {
                    if (Slot.mayCoexist(List.of(first, second))) {
                        rig.destroy(rig.cut(second.profile(), second.placement()));
                    } else {
                        assertRefused(
                                GpuErrorCode.INSUFFICIENT_RESOURCES,
                                () -> rig.cut(second.profile(), second.placement()));
                    }
                }
                rig.destroy(instance);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.migpool.deviceplugin.simulated.Rig#migBoards")
    void asManyInstancesOfAProfileFitAsTheDriverSays(Board board) throws GpuException {
        try (Rig rig = Rig.with(board.model())) {
            for (ProfileCapability offered : rig.description().profiles()) {
                List<GpuInstance> cut = new ArrayList<>();
                for (Placement place : offered.placements()) {
                    if (cut.size() < offered.maxInstances()) {
                        cut.add(rig.cut(offered.profile(), place));
                    } else {
                        assertRefused(GpuErrorCode.INSUFFICIENT_RESOURCES, () -> rig.cut(offered.profile(), place));
                    }
                }
                assertThat(cut).as("%s", offered.profile()).hasSize(offered.maxInstances());
                for (GpuInstance instance : cut) {
                    rig.destroy(instance);
                }
            }
        }
    }

    @Test
    void mediaEnginesGoToOneInstanceOnly() throws GpuException {
        try (Rig rig = Rig.with("NVIDIA A100-SXM4-40GB")) {
            rig.cut("1g.5gb+me", "0:1");

            assertRefused(GpuErrorCode.INSUFFICIENT_RESOURCES, () -> rig.cut("1g.5gb+me", "1:1"))
                    .contains("1 of 1g.5gb+me exist already");
            assertThat(rig.cut("1g.5gb", "1:1").profile()).isEqualTo(MigProfile.of(1, 5));
        }
    }

    @Test
    void differentProfilesCompeteForTheSameMediaEngine() throws GpuException {
        try (Rig rig = Rig.with("NVIDIA A30")) {
            rig.cut("1g.6gb+me", "0:1");

            assertRefused(GpuErrorCode.INSUFFICIENT_RESOURCES, () -> rig.cut("2g.12gb+me", "2:2"))
                    .contains("opticalFlows=2");
        }
    }

    @Test
    void allMediaEnginesBearOnlyInstancesWithout() throws GpuException {
        try (Rig rig = Rig.with("NVIDIA RTX PRO 6000 Blackwell Server Edition")) {
            rig.cut("1g.24gb+me.all", "0:3");

            assertRefused(GpuErrorCode.INSUFFICIENT_RESOURCES, () -> rig.cut("1g.24gb", "3:3"));
            assertRefused(GpuErrorCode.INSUFFICIENT_RESOURCES, () -> rig.cut("1g.24gb+gfx", "3:3"));
            rig.cut("1g.24gb-me", "3:3");
            rig.cut("2g.48gb-me", "6:6");
        }
    }

    @Test
    void whatIsInTheWayIsNamed() throws GpuException {
        try (Rig rig = Rig.with("NVIDIA H100 80GB HBM3")) {
            rig.cut("3g.40gb", "4:4");

            assertRefused(GpuErrorCode.INSUFFICIENT_RESOURCES, () -> rig.cut("1g.10gb", "6:1"))
                    .contains("1g.10gb at 6:1 would overlap 3g.40gb at 4:4 (GPU instance 2)", rig.gpu());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1g.5gb", "3g.40gb+me", "5g.40gb"})
    void aProfileOfAnotherBoardIsNotFound(String profile) throws GpuException {
        try (Rig rig = Rig.with("NVIDIA A100-SXM4-80GB")) {
            assertRefused(GpuErrorCode.NOT_FOUND, () -> rig.cut(profile, "0:1"))
                    .contains("NVIDIA A100-SXM4-80GB does not offer " + profile);
        }
    }

    @Test
    void aPartOfAGpuInstanceIsNoGpuInstance() throws GpuException {
        try (Rig rig = Rig.with("NVIDIA A100-SXM4-80GB")) {
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> rig.cut("1c.3g.40gb", "0:4"));
        }
    }

    /** Transcripts of {@code nvidia-smi mig -cgi}: at the places that the driver chose, the ids that it gave. */
    @ParameterizedTest
    @CsvSource({
        "NVIDIA A100-SXM4-40GB, 3g.20gb 0:4=2 3g.20gb 4:4=1",
        "NVIDIA A100-SXM4-40GB, 3g.20gb 4:4=2 1g.5gb 0:1=7 2g.10gb 2:2=4 1g.5gb 1:1=8",
        "NVIDIA A100-SXM4-40GB, 1g.5gb 6:1=13 1g.5gb 4:1=11 2g.10gb 0:2=3 3g.20gb 4:4=refused 3g.20gb 0:4=refused",
        "NVIDIA A100-SXM4-40GB, 2g.10gb 4:2=5 1g.5gb 6:1=13 1g.5gb 0:1=7 1g.5gb 1:1=8 1g.5gb 2:1=9 1g.5gb 3:1=10",
        "NVIDIA H100 80GB HBM3, 1g.10gb 6:1=13 1g.10gb 4:1=11 1g.10gb 5:1=12 1g.10gb 0:1=7 1g.10gb 1:1=8 1g.10gb 2:1=9 1g.10gb 3:1=10",
        "NVIDIA H100 PCIe,      1g.10gb 2:1=9 1g.10gb 0:1=7 1g.10gb 1:1=8 1g.10gb 4:1=11",
        "NVIDIA H100 NVL,       1g.24gb 4:2=5 1g.24gb 0:2=3 1g.24gb 2:2=4",
        "NVIDIA A100-SXM4-80GB, 1g.10gb+me 6:1=13 1g.10gb+me 4:1=refused 1g.10gb+me 5:1=refused"
    })
    void idsAreThoseThatDriversWereSeenToGive(String model, String steps) throws GpuException {
        try (Rig rig = Rig.with(model)) {
            String[] words = steps.split("[ =]", -1);
            for (int i = 0; i < words.length; i += 3) {
                String profile = words[i];
                String place = words[i + 1];
                if (words[i + 2].equals("refused")) {
                    assertRefused(GpuErrorCode.INSUFFICIENT_RESOURCES, () -> rig.cut(profile, place));
                } else {
                    assertThat(rig.cut(profile, place).id()).isEqualTo(Integer.parseInt(words[i + 2]));
                }
            }
        }
    }

    /** {@code nvidia-smi mig -lgip} on an H100 whose 3g.40gb leaves three units beside it. */
    @ParameterizedTest
    @CsvSource({"1g.10gb, 7, 3", "3g.40gb, 2, 1"})
    void asManyPlacesStayFreeBesideAnInstanceAsDriversWereSeenToTell(String profile, int alone, int beside)
            throws GpuException {
        try (Rig rig = Rig.with("NVIDIA H100 80GB HBM3")) {
            assertThat(places(rig, profile)).isEqualTo(alone);

            rig.cut("3g.40gb", "0:4");

            assertThat(places(rig, profile)).isEqualTo(beside);
        }
    }

    private static int places(Rig rig, String profile) throws GpuException {
        ProfileCapability offered =
                rig.description().profile(MigProfile.parse(profile)).orElseThrow();
        List<GpuInstance> cut = new ArrayList<>();
        for (Placement place : offered.placements()) {
            if (rig.instances().stream()
                    .noneMatch(present -> present.placement().overlaps(place))) {
                cut.add(rig.cut(offered.profile(), place));
            }
        }
        for (GpuInstance instance : cut) {
            rig.destroy(instance);
        }
        return cut.size();
    }

    @Test
    void anIdIsGivenAgainAfterItsInstanceIsGone() throws GpuException {
        try (Rig rig = Rig.with("NVIDIA A100-SXM4-40GB")) {
            GpuInstance first = rig.cut("3g.20gb", "0:4");
            rig.destroy(first);

            GpuInstance second = rig.cut("3g.20gb", "4:4");

            assertThat(second.id()).isEqualTo(first.id());
            assertRefused(GpuErrorCode.NOT_FOUND, () -> rig.driver().destroyGpuInstance(first))
                    .contains("3g.20gb at 0:4", "is gone");
            assertRefused(GpuErrorCode.NOT_FOUND, () -> rig.driver().createComputeInstance(first));
            assertThat(rig.instances()).containsExactly(second);
        }
    }
}
