package io.migpool.deviceplugin.geometry;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.geometry.spec.DeviceSelection;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecReader;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.simulated.MachineSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeometryTest {

    private static final String BALANCED = "1g.10gb:2 2g.20gb:1 3g.40gb:1";

    @Test
    void whatIsAppliedIsExportedAndNotDoneTwice() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100 + ":2")) {
            assertThat(lab.apply(BALANCED)).isEqualTo(new Outcome.Applied(List.of(lab.gpu(0), lab.gpu(1))));

            assertThat(ExportedConfiguration.of(lab.driver(), "current").configs())
                    .isEqualTo(Map.of("current", Lab.everywhere(BALANCED)));
            assertThat(lab.geometry().isApplied(Lab.target(BALANCED))).isTrue();
            assertThat(lab.apply(BALANCED)).isEqualTo(new Outcome.Applied(List.of()));
        }
    }

    @Test
    void instancesThatBelongToTheNewLayoutAreNotTouched() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.apply("1g.10gb:7");
            Map<String, String> before = lab.uuids(0);

            lab.apply("1g.10gb:4 3g.40gb:1");

            assertThat(lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:4 3g.40gb:1"));
            assertThat(before.values())
                    .containsAll(lab.uuids(0).entrySet().stream()
                            .filter(e -> e.getKey().startsWith("1g"))
                            .map(Map.Entry::getValue)
                            .toList());
        }
    }

    @Test
    void onlyGpusThatDifferAreTouched() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100 + ":2")) {
            lab.apply("7g.80gb:1");
            Map<String, String> first = lab.uuids(0);

            Outcome outcome = lab.applyAll(List.of(
                    MigSpecEntry.everywhere(Boards.counts("7g.80gb:1")),
                    new MigSpecEntry(
                            List.of(), new DeviceSelection.Indices(List.of(1)), true, Boards.counts("3g.40gb:2"))));

            assertThat(outcome).isEqualTo(new Outcome.Applied(List.of(lab.gpu(1))));
            assertThat(lab.uuids(0)).isEqualTo(first);
            assertThat(lab.layout(1)).containsExactly("3g.40gb@0:4", "3g.40gb@4:4");
        }
    }

    @Test
    void aGpuThatIsNotFreeYetIsWaitedForWithNothingDone() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100 + ":2")) {
            lab.apply("7g.80gb:1");
            Geometry waiting = new Geometry(lab.driver(), _ -> true, gpu -> gpu.index() == 0, () -> true);

            assertThat(waiting.apply(Lab.target("1g.10gb:7"), List.of())).isInstanceOf(Outcome.Waiting.class);
            assertThat(waiting.prepareReboot(Lab.target("1g.10gb:7"), List.of()))
                    .isInstanceOf(Outcome.Waiting.class);

            assertThat(lab.layout(0)).containsExactly("7g.80gb@0:8");
            assertThat(lab.layout(1)).containsExactly("7g.80gb@0:8");
            assertThat(waiting.apply(Lab.target("1g.10gb:8"), List.of())).isInstanceOf(Outcome.Refused.class);
            assertThat(waiting.isApplied(Lab.target("7g.80gb:1"))).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1g.10gb:8, do not fit together",
        "4g.40gb:2, do not fit together",
        "3g.40gb:2 1g.10gb:1, do not fit together",
        "1g.5gb:1, is not offered by NVIDIA A100-SXM4-80GB, only [1g.10gb",
    })
    void whatCannotBePlacedIsRefusedBeforeAnythingIsCleared(String devices, String told) throws GpuException {
        try (Lab lab = Lab.of(Boards.A100 + ":2")) {
            lab.apply(BALANCED);
            Map<String, String> before = lab.uuids(0);

            assertThat(lab.apply(devices))
                    .isInstanceOfSatisfying(
                            Outcome.Refused.class,
                            refused -> assertThat(refused.reasons()).hasSize(2).allMatch(r -> r.contains(told)));

            assertThat(lab.uuids(0)).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, 1g.24gb:4, 1g.24gb+me.all:1 1g.24gb:3, JPEG decoders (NVJPG)",
        "NVIDIA A30, 1g.6gb:4, 1g.6gb+me:1 2g.12gb+me:1, JPEG decoders (NVJPG)",
    })
    void instancesThatWantMoreEnginesThanThereAreAreRefusedToo(String board, String before, String wanted, String told)
            throws GpuException {
        try (Lab lab = Lab.of(board)) {
            lab.apply(before);
            Map<String, String> there = lab.uuids(0);

            assertThat(lab.geometry().check(Lab.target(wanted), List.of()))
                    .isInstanceOfSatisfying(Outcome.Refused.class, refused -> assertThat(refused.reasons())
                            .singleElement()
                            .asString()
                            .contains(told));
            assertThat(lab.apply(wanted)).isInstanceOf(Outcome.Refused.class);

            assertThat(lab.uuids(0)).isEqualTo(there);
        }
    }

    @Test
    void oneGpuThatCannotBeCutKeepsTheOthersAsTheyAre() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100 + "," + Boards.A30)) {
            assertThat(lab.apply("1g.10gb:7")).isInstanceOf(Outcome.Refused.class);

            assertThat(lab.layout(0)).isEmpty();
        }
    }

    @Test
    void anInstanceInUseThatHasToGoIsWaitedForByName() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.apply("1g.10gb:7");
            lab.use(0, "1g.10gb@3:1", 4711);
            Map<String, String> before = lab.uuids(0);

            assertThat(lab.apply("7g.80gb:1"))
                    .isInstanceOfSatisfying(Outcome.Waiting.class, waiting -> assertThat(waiting.reasons())
                            .singleElement()
                            .asString()
                            .contains("1g.10gb at 3:1", "4711"));
            assertThat(lab.uuids(0)).isEqualTo(before);

            lab.machine().endProcess(4711);
            assertThat(lab.apply("7g.80gb:1")).isInstanceOf(Outcome.Applied.class);
        }
    }

    @Test
    void theNewLayoutIsChosenAroundInstancesInUse() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.apply("1g.10gb:7");
            lab.use(0, "1g.10gb@2:1", 4711);

            assertThat(lab.apply("3g.40gb:1 1g.10gb:1")).isInstanceOf(Outcome.Applied.class);

            assertThat(lab.layout(0)).containsExactly("1g.10gb@2:1", "3g.40gb@4:4");
        }
    }

    @Test
    void aHolderThatNobodySeesLeavesTheFormerLayout() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.apply("1g.10gb:7");
            lab.machine().holdUnseen(lab.uuidAt(0, "1g.10gb@3:1"), 99);

            assertThat(lab.apply("7g.80gb:1")).isInstanceOf(Outcome.Held.class);

            assertThat(lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:7"));
        }
    }

    @Test
    void migModeIsSwitchedOnAndOffWhereTheBoardDoesItAtOnce() throws GpuException {
        try (Lab lab = Lab.of(MachineSpec.of(Boards.H100).withMigEnabled(false))) {
            assertThat(lab.apply("1g.10gb:7")).isInstanceOf(Outcome.Applied.class);
            assertThat(lab.devices(0)).isEqualTo(Boards.counts("1g.10gb:7"));

            assertThat(lab.applyAll(List.of(MigSpecEntry.disabled()))).isInstanceOf(Outcome.Applied.class);
            assertThat(lab.driver().migMode(lab.gpu(0))).isEqualTo(MigMode.OFF);
            assertThat(lab.geometry().isApplied(new Target.Layout(List.of(MigSpecEntry.disabled()))))
                    .isTrue();
        }
    }

    @Test
    void aModeThatNeedsAResetIsOnlyPreparedAndGoesOnAfterwards() throws GpuException {
        try (Lab lab = Lab.of(MachineSpec.of(Boards.A100).withMigEnabled(false))) {
            List<MigSpecEntry> balanced = Lab.everywhere(BALANCED);
            assertThat(lab.applyAll(balanced)).isInstanceOfSatisfying(Outcome.NeedsReset.class, needed -> assertThat(
                            needed.reasons().getFirst())
                    .contains("reset"));
            assertThat(lab.driver().migMode(lab.gpu(0))).isEqualTo(MigMode.OFF);

            assertThat(lab.geometry().prepareReboot(new Target.Layout(balanced), List.of()))
                    .isEqualTo(new Outcome.Applied(List.of(lab.gpu(0))));
            lab.machine().resetGpu(lab.gpu(0));

            assertThat(lab.applyAll(balanced)).isInstanceOf(Outcome.Applied.class);
        }
    }

    @Test
    void switchingOffWhereItNeedsAResetIsOnlyPreparedAndEndsDisabled() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.apply(BALANCED);
            List<MigSpecEntry> disabled = List.of(MigSpecEntry.disabled());

            assertThat(lab.applyAll(disabled)).isInstanceOf(Outcome.NeedsReset.class);
            assertThat(lab.devices(0)).isEqualTo(Boards.counts(BALANCED));
            assertThat(lab.geometry().prepareReboot(new Target.Layout(disabled), List.of()))
                    .isInstanceOf(Outcome.Applied.class);
            lab.machine().resetGpu(lab.gpu(0));

            assertThat(lab.applyAll(disabled)).isEqualTo(new Outcome.Applied(List.of()));
            assertThat(lab.driver().migMode(lab.gpu(0))).isEqualTo(MigMode.OFF);
        }
    }

    @Test
    void aSwitchThatWaitsForTheNextResetIsTakenBackWithoutOne() throws GpuException {
        List<MigSpecEntry> disabled = List.of(MigSpecEntry.disabled());
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.driver().modeSwitch().orElseThrow().disableMig(lab.gpu(0));
            assertThat(lab.geometry().isApplied(Lab.target(""))).isFalse();

            assertThat(lab.apply(BALANCED)).isEqualTo(new Outcome.Applied(List.of(lab.gpu(0))));

            assertThat(lab.driver().migMode(lab.gpu(0))).isEqualTo(MigMode.ON);
        }
        try (Lab lab = Lab.of(MachineSpec.of(Boards.A100).withMigEnabled(false))) {
            lab.driver().enableMig(lab.gpu(0));
            lab.machine().startProcess(lab.gpu(0), 4711, 10);
            assertThat(lab.geometry().isApplied(new Target.Layout(disabled))).isFalse();

            assertThat(lab.applyAll(disabled)).isEqualTo(new Outcome.Applied(List.of(lab.gpu(0))));

            assertThat(lab.driver().migMode(lab.gpu(0))).isEqualTo(MigMode.OFF);
        }
    }

    @Test
    void aModeThatIsTakenBackByItselfKeepsWhatIsOnTheGpu() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.driver().modeSwitch().orElseThrow().disableMig(lab.gpu(0));
            lab.machine().createForeignInstance(lab.gpu(0), MigProfile.parse("3g.40gb"), new Placement(0, 4), 1, 2);
            lab.machine().createForeignInstance(lab.gpu(0), MigProfile.parse("1g.10gb"), new Placement(4, 1));
            Target modes = new Target.Modes(Lab.everywhere(""));
            List<GpuInstance> before = lab.instances(0);

            assertThat(lab.geometry().apply(modes, List.of())).isEqualTo(new Outcome.Applied(List.of(lab.gpu(0))));

            assertThat(lab.driver().migMode(lab.gpu(0))).isEqualTo(MigMode.ON);
            assertThat(lab.instances(0)).isEqualTo(before);
            assertThat(lab.geometry().isApplied(modes)).isTrue();
        }
    }

    @Test
    void aRebootIsNotPreparedWithTheWrongModeOnAnotherGpu() throws GpuException {
        try (Lab lab = Lab.of(MachineSpec.of(Boards.A100 + ":2").withMigEnabled(false))) {
            lab.driver().enableMig(lab.gpu(0));
            lab.machine().resetGpu(lab.gpu(0));
            lab.driver().modeSwitch().orElseThrow().disableMig(lab.gpu(0));

            assertThat(lab.geometry().prepareReboot(Lab.target(BALANCED), List.of()))
                    .isInstanceOf(Outcome.Applied.class);

            assertThat(lab.driver().migMode(lab.gpu(0))).isEqualTo(MigMode.ON);
            assertThat(lab.driver().migMode(lab.gpu(1))).isEqualTo(MigMode.PENDING);
        }
    }

    @Test
    void migOnWithoutInstancesClearsTheGpu() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.apply(BALANCED);

            assertThat(lab.apply("")).isInstanceOf(Outcome.Applied.class);

            assertThat(lab.layout(0)).isEmpty();
            assertThat(lab.driver().migMode(lab.gpu(0))).isEqualTo(MigMode.ON);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"NVIDIA L40S", "NVIDIA L40S,NVIDIA A100-SXM4-80GB"})
    void gpusWithoutMigAreLeftAloneUnlessTheyAreNamed(String boards) throws GpuException {
        try (Lab lab = Lab.of(boards)) {
            assertThat(lab.apply("7g.80gb:1")).isInstanceOf(Outcome.Applied.class);

            assertThat(lab.applyAll(List.of(
                            new MigSpecEntry(List.of(), new DeviceSelection.Indices(List.of(0)), true, Map.of()))))
                    .isInstanceOf(Outcome.Refused.class);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    devices: [3]   | {}            | devices [3] name GPU 3, which cannot be configured here; available: [0, 1]
                    devices: [1]   | {}            | GPU 1 is NVIDIA L40S, which does not support MIG
                    devices: all   | {1g.5gb: 1}   | GPU 0 (%s): 1g.5gb is not offered by NVIDIA A100-SXM4-80GB
                    devices: [0]   | {4g.40gb: 2}  | GPU 0 (%s): {4g.40gb=2} do not fit together on one GPU
                    """)
    void whatTheBoardsDoNotHaveIsRefusedWithItsEntry(String devices, String counts, String told) throws Exception {
        try (Lab lab = Lab.of("NVIDIA A100-SXM4-80GB,NVIDIA L40S")) {
            lab.apply(BALANCED);
            List<GpuInstance> before = lab.instances(0);
            String gpu = lab.gpu(0);
            String text = """
                    version: v1
                    mig-configs:
                      ours:
                      - devices: all
                        mig-enabled: false
                      - %s
                        mig-enabled: true
                        mig-devices: %s
                    """.formatted(devices, counts);

            Outcome outcome = lab.applyAll(MigSpecReader.read("ours.yaml", text).config("ours"));

            assertThat(outcome).isInstanceOfSatisfying(Outcome.Refused.class, refused -> assertThat(refused.reasons())
                    .singleElement()
                    .asString()
                    .startsWith("ours.yaml: line 6: mig-configs.ours[1]: " + told.formatted(gpu)));
            assertThat(lab.instances(0)).isEqualTo(before);
        }
    }

    @Test
    void aConfigurationOfOtherBoardsIsRefusedWithItsPlace() throws Exception {
        try (Lab lab = Lab.of(Boards.A100)) {
            String text = """
                    {"version": "v1",
                     "mig-configs": {"ours": [
                       {"device-filter": "0x233010DE", "devices": "all", "mig-enabled": false}]}}
                    """;

            assertThat(lab.applyAll(MigSpecReader.read("ours.json", text).config("ours"))
                            .text())
                    .startsWith("ours.json: line 3: mig-configs.ours[0]: the configuration matches none of the 1 GPUs");
        }
    }

    @Test
    void filtersAndIndicesThatMeanNothingHereAreRefused() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            MigSpecEntry all = MigSpecEntry.everywhere(Map.of());

            assertThat(List.of(
                            lab.applyAll(List.of(all.on(Boards.filters("0x233010DE")))),
                            lab.applyAll(List.of(new MigSpecEntry(
                                    List.of(), new DeviceSelection.Indices(List.of(3)), true, Map.of())))))
                    .allMatch(Outcome.Refused.class::isInstance);
        }
    }
}
