package io.migpool.deviceplugin.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layouts with parts of GPU instances, such as {@code 1c.3g.40gb}. */
class DividedInstancesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1c.3g.40gb:3                     | 3g.40gb@0:4 [1, 1, 1]
            1c.3g.40gb:5                     | 3g.40gb@0:4 [1, 1, 1], 3g.40gb@4:4 [1, 1]
            2c.3g.40gb:2 1c.3g.40gb:2        | 3g.40gb@0:4 [2, 1], 3g.40gb@4:4 [2, 1]
            3g.40gb:1 1c.3g.40gb:3           | 3g.40gb@0:4, 3g.40gb@4:4 [1, 1, 1]
            2c.4g.40gb:1 1c.3g.40gb:1        | 3g.40gb@4:4 [1], 4g.40gb@0:4 [2]
            1c.2g.20gb:2 1g.10gb:1           | 1g.10gb@2:1, 2g.20gb@0:2 [1, 1]
            1c.7g.80gb:7                     | 7g.80gb@0:8 [1, 1, 1, 1, 1, 1, 1]
            """)
    void partsAreAppliedExportedAndNotMadeTwice(String devices, String layout) throws GpuException {
        try (Lab lab = Lab.of(Boards.A100 + ":2")) {
            assertThat(lab.apply(devices)).isEqualTo(new Outcome.Applied(List.of(lab.gpu(0), lab.gpu(1))));

            assertThat(String.join(", ", lab.layout(1))).isEqualTo(layout);
            assertThat(ExportedConfiguration.of(lab.driver(), "current").configs())
                    .isEqualTo(Map.of("current", Lab.everywhere(devices)));
            assertThat(lab.geometry().isApplied(Lab.target(devices))).isTrue();
            assertThat(lab.apply(devices)).isEqualTo(new Outcome.Applied(List.of()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1c.3g.40gb:7, do not fit together",
        "1c.3g.40gb:4 1c.2g.20gb:1, do not fit together",
        "2c.3g.40gb:3, do not fit together",
        "3c.4g.40gb:1, '3c.4g.40gb is not offered; the parts of 4g.40gb are [1c.4g.40gb, 2c.4g.40gb]'",
        "1c.5g.40gb:1, '1c.5g.40gb is not offered by NVIDIA A100-SXM4-80GB, only [1g.10gb'",
    })
    void whatCannotBePlacedIsRefusedBeforeAnythingIsCleared(String devices, String told) throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.apply("1c.3g.40gb:3 1g.10gb:4");
            Map<String, String> before = lab.uuids(0);

            assertThat(lab.apply(devices))
                    .isInstanceOfSatisfying(Outcome.Refused.class, refused -> assertThat(refused.reasons())
                            .singleElement()
                            .asString()
                            .contains(told));

            assertThat(lab.uuids(0)).isEqualTo(before);
        }
    }

    /** Parts need the media engines of their GPU instance, however many there are. */
    @Test
    void enginesAreCountedByGpuInstance() throws GpuException {
        try (Lab lab = Lab.of(Boards.RTX_PRO)) {
            assertThat(lab.apply("1c.2g.48gb+me.all:2 2g.48gb-me:1")).isInstanceOf(Outcome.Applied.class);
            assertThat(lab.apply("1c.2g.48gb+me.all:2 1c.2g.48gb:2"))
                    .isInstanceOfSatisfying(Outcome.Refused.class, refused -> assertThat(refused.text())
                            .contains("{2g.48gb=1, 2g.48gb+me.all=1} take"));
        }
    }

    /** The devices are as many, so that mig-parted asserts it, too. */
    @Test
    void partsThatSomebodyPutElsewhereStayThere() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            MigProfile whole = MigProfile.parse("3g.40gb");
            lab.machine().createForeignInstance(lab.gpu(0), whole, new Placement(0, 4), 1);
            lab.machine().createForeignInstance(lab.gpu(0), whole, new Placement(4, 4), 1);

            assertThat(lab.apply("1c.3g.40gb:2")).isEqualTo(new Outcome.Applied(List.of()));
        }
    }

    @Test
    void aPartInUseKeepsItsGpuInstanceWhereThatCanBe() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.machine().createForeignInstance(lab.gpu(0), MigProfile.parse("3g.40gb"), new Placement(4, 4), 2);
            lab.use(0, "2c.3g.40gb@4:4/0", 4711);
            Map<String, String> before = lab.uuids(0);

            assertThat(lab.apply("2c.3g.40gb:1 1c.3g.40gb:1")).isInstanceOf(Outcome.Applied.class);

            assertThat(lab.layout(0)).containsExactly("3g.40gb@0:4 [1]", "3g.40gb@4:4 [2]");
            assertThat(lab.uuids(0)).containsAllEntriesOf(before);
        }
    }

    @Test
    void aPartInUseThatHasToGoIsWaitedForByName() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.apply("1c.7g.80gb:3");
            Map<String, String> before = lab.uuids(0);
            Occupant pod = new Occupant("pod team-a/train", Optional.of("1"), lab.uuidAt(0, "1c.7g.80gb@0:8/2"));
            Target wanted = Lab.target("1c.7g.80gb:2");

            assertThat(lab.geometry().apply(wanted, List.of(pod)))
                    .isInstanceOfSatisfying(Outcome.Waiting.class, waiting -> {
                        assertThat(waiting.text()).contains("7g.80gb at 0:8", "pod team-a/train");
                        assertThat(waiting.occupants()).containsExactly(pod);
                    });
            assertThat(lab.uuids(0)).isEqualTo(before);

            assertThat(lab.geometry().apply(wanted, List.of())).isInstanceOf(Outcome.Applied.class);
            assertThat(lab.layout(0)).containsExactly("7g.80gb@0:8 [1, 1]");
        }
    }

    /** The GPU instance stays where it is needed, without its compute instances. */
    @Test
    void aGpuInstanceIsDividedAnew() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.apply("4g.40gb:1");
            GpuInstance before = lab.instances(0).getFirst();
            lab.fail(0, "destroyGpuInstance", SimulatedFault.Effect.REFUSED, 1);

            assertThat(lab.apply("1c.4g.40gb:4")).isInstanceOf(Outcome.Applied.class);
            assertThat(lab.apply("2c.4g.40gb:1")).isInstanceOf(Outcome.Applied.class);
            assertThat(lab.apply("4g.40gb:1")).isInstanceOf(Outcome.Applied.class);

            assertThat(lab.instances(0)).singleElement().satisfies(now -> assertThat(now.isSameAs(before))
                    .isTrue());
        }
    }

    @ParameterizedTest
    @CsvSource({"createGpuInstance, 1", "createComputeInstance, 6", "destroyComputeInstance, 3", "destroyGpuInstance, 2"
    })
    void whateverFailsThePartsThatWereThereAreThereAgain(String call, int calls) throws GpuException {
        for (int spared = 0; spared < calls; spared++) {
            try (Lab lab = Lab.of(Boards.A100 + ":2")) {
                lab.apply("2c.3g.40gb:1 1c.3g.40gb:1 1g.10gb:1");
                List<?> before = List.of(lab.layout(0), lab.layout(1));
                if (spared > 0) {
                    lab.fail(1, call, SimulatedFault.Effect.DONE_LATE, spared);
                }
                lab.fail(1, call, SimulatedFault.Effect.REFUSED, 1);

                assertThat(lab.apply("1c.4g.40gb:4 1c.3g.40gb:2"))
                        .as("%s after %d", call, spared)
                        .isInstanceOfSatisfying(Outcome.Failed.class, failed -> assertThat(failed.restored())
                                .isTrue());

                assertThat(List.<Object>of(lab.layout(0), lab.layout(1)))
                        .as("%s after %d", call, spared)
                        .isEqualTo(before);
            }
        }
    }

    @Test
    void aCheckpointBringsThePartsBackToTheirPlaces() throws Exception {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.machine().createForeignInstance(lab.gpu(0), MigProfile.parse("3g.40gb"), new Placement(4, 4), 1, 2);
            lab.machine().createForeignInstance(lab.gpu(0), MigProfile.parse("2g.20gb"), new Placement(0, 2), 1);
            lab.machine().createForeignInstance(lab.gpu(0), MigProfile.parse("1g.10gb"), new Placement(2, 1));
            var before = lab.layout(0);
            assertThat(before).containsExactly("1g.10gb@2:1 bare", "2g.20gb@0:2 [1]", "3g.40gb@4:4 [2, 1]");
            String checkpoint = CheckpointFormat.write(LayoutSnapshot.of(lab.driver()));

            lab.apply("7g.80gb:1");
            Target back = new Target.Places(CheckpointFormat.read(checkpoint));
            assertThat(lab.geometry().isApplied(back)).isFalse();
            assertThat(lab.geometry().apply(back, List.of())).isInstanceOf(Outcome.Applied.class);

            assertThat(lab.layout(0)).isEqualTo(before);
            assertThat(lab.geometry().isApplied(back)).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            true  | [4]      | [4], with 'usable' true
            true  | [2, 2]   | [2,2], with 'usable' true
            true  | []       | [], with 'usable' true
            true  | ["1"]    | ["1"], with 'usable' true
            true  | [0, 1]   | [0,1], with 'usable' true
            true  | 1        | gpus[0].instances[0].parts is 1; it must be a list
            false | [1]      | [1], with 'usable' false; it must be the sizes of compute instances, together at most the 3
            """)
    void aCheckpointWithPartsThatCannotBeIsRefusedWithItsPlace(boolean usable, String parts, String told) {
        String text = """
                {"version": "v1", "gpus": [{"uuid": "GPU-1", "mig-enabled": true, "instances": [
                  {"profile": "3g.40gb", "start": 0, "size": 4, "usable": %s, "parts": %s}]}]}
                """.formatted(usable, parts);

        assertThatExceptionOfType(MigSpecException.class)
                .isThrownBy(() -> CheckpointFormat.read(text))
                .withMessageContaining("gpus[0].instances[0].parts is ")
                .withMessageContaining(told);
    }

    @Test
    void partsAreMadeOnceMigModeIsOn() throws GpuException {
        try (Lab lab = Lab.of(MachineSpec.of(Boards.H100).withMigEnabled(false))) {
            assertThat(lab.apply("1c.3g.40gb:3")).isInstanceOf(Outcome.Applied.class);

            assertThat(lab.layout(0)).containsExactly("3g.40gb@0:4 [1, 1, 1]");
        }
    }

    /** Exported is what containers can use; what no container can use is cleared away by the next layout. */
    @Test
    void aGpuInstanceThatNobodyCanUseDoesNotCountAsADifference() throws GpuException {
        try (Lab lab = Lab.of(Boards.A100)) {
            lab.apply("3g.40gb:1");
            lab.machine().createForeignInstance(lab.gpu(0), MigProfile.parse("1g.10gb"), new Placement(6, 1));
            Target exported = Lab.target("3g.40gb:1");
            assertThat(ExportedConfiguration.of(lab.driver(), "x").configs())
                    .isEqualTo(Map.of("x", Lab.everywhere("3g.40gb:1")));

            assertThat(lab.geometry().isApplied(exported)).isTrue();
            assertThat(lab.geometry().compare(exported)).isEqualTo(new Outcome.Applied(List.of()));
            assertThat(lab.geometry().compare(Lab.target("3g.40gb:1 1g.10gb:1")))
                    .isEqualTo(new Outcome.Applied(List.of(lab.gpu(0))));

            assertThat(lab.geometry().apply(exported, List.of())).isInstanceOf(Outcome.Applied.class);
            assertThat(lab.layout(0)).containsExactly("3g.40gb@0:4");
        }
    }
}
