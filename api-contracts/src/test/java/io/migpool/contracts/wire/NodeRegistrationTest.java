package io.migpool.contracts.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeRegistrationTest {

    private static final String HAMI_CORE =
            "[{\"id\":\"GPU-ebe7\",\"index\":1,\"count\":10,\"devmem\":81920,\"devcore\":100,\"type\":\"NVIDIA A100-SXM4-80GB\",\"numa\":1,\"mode\":\"hami-core\",\"health\":true}]";
    private static final String MIG =
            "[{\"id\":\"GPU-0\",\"count\":7,\"devmem\":40960,\"devcore\":100,\"type\":\"NVIDIA A100-SXM4-40GB\",\"mode\":\"mig\",\"health\":true,"
                    + "\"migProfiles\":[{\"name\":\"1g.5gb\",\"memoryMB\":4864,\"core\":15,\"sliceCount\":1,\"placements\":[{\"start\":0,\"size\":1},{\"start\":6,\"size\":1}]}]}]";

    /** As {@link #MIG}, in the order in which fields are written. */
    private static final String MIG_AS_WRITTEN =
            "[{\"id\":\"GPU-0\",\"count\":7,\"devmem\":40960,\"devcore\":100,\"type\":\"NVIDIA A100-SXM4-40GB\",\"mode\":\"mig\","
                    + "\"migProfiles\":[{\"name\":\"1g.5gb\",\"memoryMB\":4864,\"core\":15,\"sliceCount\":1,\"placements\":[{\"start\":0,\"size\":1},{\"start\":6,\"size\":1}]}],\"health\":true}]";

    @Test
    void hamisSampleOfASharedGpuIsReadAndWrittenAgain() throws Exception {
        List<GpuInventory> gpus = NodeRegistration.decode(HAMI_CORE);

        assertThat(gpus)
                .containsExactly(new GpuInventory(
                        "GPU-ebe7",
                        1,
                        10,
                        81920,
                        100,
                        "NVIDIA A100-SXM4-80GB",
                        1,
                        GpuMode.HAMI_CORE,
                        List.of(),
                        true,
                        List.of(),
                        List.of()));
        assertThat(NodeRegistration.toAnnotations(gpus))
                .containsEntry(Annotations.NODE_REGISTER, HAMI_CORE)
                .containsEntry(Annotations.NODE_GPUS, "[{\"id\":\"GPU-ebe7\",\"mode\":\"hami-core\"}]");
    }

    @Test
    void hamisSampleOfAMigGpuIsReadWithZerosWhereItLeavesThemOut() throws Exception {
        GpuInventory gpu = NodeRegistration.decode(MIG).getFirst();

        assertThat(gpu.index()).isZero();
        assertThat(gpu.numaNode()).isZero();
        assertThat(gpu.mode()).isEqualTo(GpuMode.MIG);
        assertThat(gpu.profiles())
                .containsExactly(new ProfileCapability(
                        MigProfile.of(1, 5), 4864, 15, 1, 2, List.of(new Placement(0, 1), new Placement(6, 1))));
    }

    @ParameterizedTest
    @CsvSource({
        "1g.10gb,    1, '0,1,2,3,4,5,6', 7",
        "1g.10gb+me, 1, '0,1,2,3,4,5,6', 1",
        "1g.24gb+me.all, 3, '0,3,6,9',   1",
        "1g.24gb-me, 3, '0,3,6,9',       4",
        "1g.24gb+gfx, 3, '0,3,6,9',      4",
        "1g.20gb,    2, '0,2,4,6',       4",
        "2g.20gb,    2, '0,2,4',         3",
        "3g.40gb,    4, '0,4',           2",
        "7g.80gb,    8, '0',             1"
    })
    void theInstanceLimitThatHamiDoesNotSendFollowsFromThePlacements(String profile, int size, String starts, int limit)
            throws Exception {
        StringBuilder placements = new StringBuilder();
        for (String start : starts.split(",", -1)) {
            placements
                    .append(placements.isEmpty() ? "" : ",")
                    .append("{\"start\":%s,\"size\":%d}".formatted(start, size));
        }
        String text =
                "[{\"id\":\"GPU-0\",\"type\":\"NVIDIA board\",\"mode\":\"mig\",\"migProfiles\":[{\"name\":\"%s\",\"placements\":[%s]}]}]"
                        .formatted(profile, placements);

        assertThat(NodeRegistration.decode(text)
                        .getFirst()
                        .profiles()
                        .getFirst()
                        .maxInstances())
                .isEqualTo(limit);
    }

    private static final GpuInventory OCCUPIED = new GpuInventory(
            "GPU-0",
            0,
            7,
            40960,
            100,
            "NVIDIA A100-SXM4-40GB",
            0,
            GpuMode.MIG,
            List.of(new ProfileCapability(
                    MigProfile.of(1, 5), 4864, 15, 1, 1, List.of(new Placement(0, 1), new Placement(6, 1)))),
            true,
            List.of(new Placement(0, 1)),
            List.of(new GpuInventory.IdleInstance(MigProfile.of(1, 5), new Placement(6, 1))));

    @Test
    void whatHamiHasNoWordsForStandsInAnAnnotationOfOurs() {
        assertThat(NodeRegistration.toAnnotations(List.of(OCCUPIED)))
                .containsEntry(Annotations.NODE_REGISTER, MIG_AS_WRITTEN)
                .containsEntry(
                        Annotations.NODE_GPUS,
                        "[{\"id\":\"GPU-0\",\"mode\":\"mig\",\"units\":7,\"migProfiles\":[{\"name\":\"1g.5gb\",\"maxInstances\":1}],"
                                + "\"blocked\":[{\"start\":0,\"size\":1}],\"idle\":[{\"profile\":\"1g.5gb\",\"start\":6,\"size\":1}]}]");
        assertThat(NodeRegistration.toAnnotations(List.of()))
                .containsEntry(Annotations.NODE_REGISTER, "[]")
                .containsEntry(Annotations.NODE_GPUS, "[]");
    }

    @Test
    void whoReadsOnlyHamisAnnotationMissesOnlyWhatLiesOnTheGpus() throws Exception {
        GpuInventory read = NodeRegistration.decode(MIG_AS_WRITTEN).getFirst();

        assertThat(read.blocked()).isEmpty();
        assertThat(read.idle()).isEmpty();
        assertThat(read.profiles().getFirst().placements())
                .isEqualTo(OCCUPIED.profiles().getFirst().placements());
    }

    @Test
    void whatAnOlderAgentSaysInHamisAnnotationCountsUntilItsSuccessorHasWritten() throws Exception {
        String older = MIG.replace("\"health\":true", "\"health\":true,\"blocked\":[{\"start\":0,\"size\":1}]")
                .replace("\"sliceCount\":1", "\"sliceCount\":1,\"maxInstances\":1");

        GpuInventory alone = NodeRegistration.decode(older).getFirst();
        GpuInventory both = NodeRegistration.fromAnnotations(Map.of(
                        Annotations.NODE_REGISTER,
                        older,
                        Annotations.NODE_GPUS,
                        "[{\"id\":\"GPU-0\",\"mode\":\"mig\"}]"))
                .getFirst();

        assertThat(alone.blocked()).containsExactly(new Placement(0, 1));
        assertThat(alone.profiles().getFirst().maxInstances()).isEqualTo(1);
        assertThat(both.blocked()).isEmpty();
        assertThat(both.profiles().getFirst().maxInstances()).isEqualTo(2);
    }

    @Test
    void whatIsSaidOfGpusThatAreNotRegisteredCountsForNothing() throws Exception {
        String ours = NodeRegistration.toAnnotations(List.of(OCCUPIED)).getOrDefault(Annotations.NODE_GPUS, "");

        assertThat(NodeRegistration.fromAnnotations(Map.of(Annotations.NODE_GPUS, ours)))
                .isEmpty();
        assertThat(NodeRegistration.fromAnnotations(
                        Map.of(Annotations.NODE_REGISTER, HAMI_CORE, Annotations.NODE_GPUS, ours)))
                .isEqualTo(NodeRegistration.decode(HAMI_CORE));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}                                    | it must be a JSON list",
                "[{\"mode\":\"mig\"}]                  | [0].id is missing",
                "[{\"id\":\"GPU-0\"},{\"id\":\"GPU-0\"}] | [1] names GPU GPU-0 a second time",
                "[{\"id\":\"GPU-0\",\"blocked\":[{}]}] | [0].blocked[0].size is missing",
                "[{\"id\":\"GPU-0\",\"migProfiles\":[{\"name\":\"1g\",\"maxInstances\":1}]}] | [0].migProfiles[0].name '1g'"
            })
    void ofWhatWeAddEveryFieldIsCheckedToo(String text, String complaint) {
        assertThatExceptionOfType(MalformedAnnotationException.class)
                .isThrownBy(() -> NodeRegistration.fromAnnotations(
                        Map.of(Annotations.NODE_REGISTER, MIG, Annotations.NODE_GPUS, text)))
                .withMessageContaining(Annotations.NODE_GPUS)
                .withMessageContaining(complaint);
    }

    @Test
    void equalInventoriesGiveEqualTextInWhateverOrderTheyAreFound() throws Exception {
        GpuInventory second = NodeRegistration.decode(HAMI_CORE).getFirst();
        GpuInventory first = NodeRegistration.decode(MIG).getFirst();

        assertThat(NodeRegistration.toAnnotations(List.of(second, first)))
                .isEqualTo(NodeRegistration.toAnnotations(List.of(first, second)));
    }

    @Test
    void boardsOfOneKindShareWhatTheyOffer() throws Exception {
        GpuInventory board = NodeRegistration.decode(MIG).getFirst();
        String twins = MIG.replaceFirst("(?s)\\[(.*)]", "[$1, $1]").replaceFirst(board.uuid(), "GPU-twin");

        List<GpuInventory> gpus = NodeRegistration.decode(twins);

        assertThat(gpus).hasSize(2);
        assertThat(gpus.getFirst().profiles())
                .isSameAs(gpus.getLast().profiles())
                .isEqualTo(board.profiles());
    }

    @Test
    void unknownFieldsAreSkippedAndMissingModeMeansShared() throws Exception {
        String text =
                "[{\"id\":\"GPU-0\",\"type\":\"NVIDIA board\",\"devicevendor\":\"NVIDIA\",\"custominfo\":{\"a\":[1]},\"migtemplate\":null,\"health\":null}]";

        GpuInventory gpu = NodeRegistration.decode(text).getFirst();

        assertThat(gpu.mode()).isEqualTo(GpuMode.HAMI_CORE);
        assertThat(gpu.healthy()).isFalse();
        assertThat(NodeRegistration.decode(" ")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"id\":\"GPU-0\",           | ``                       | [0].id is missing",
                "\"id\":\"GPU-0\"            | \"id\":\" \"             | [0].id must be a non-empty string",
                "\"type\":\"NVIDIA A100-SXM4-40GB\", | ``               | [0].type is missing",
                "\"count\":7                 | \"count\":-7             | [0].count must be a whole number of 0 or more",
                "\"devmem\":40960            | \"devmem\":\"40960\"     | [0].devmem must be a whole number of 0 or more",
                "\"mode\":\"mig\"            | \"mode\":\"magic\"       | [0] has mode 'magic'; it must be one of hami-core, mig, mps",
                "\"mode\":\"mig\"            | \"mode\":1               | [0].mode must be a non-empty string",
                "\"health\":true             | \"health\":\"yes\"       | [0].health must be true or false",
                "\"migProfiles\":[           | \"migProfiles\":[7,      | [0].migProfiles[0] must be a JSON object",
                "\"name\":\"1g.5gb\"         | \"name\":\"5gb\"         | [0].migProfiles[0].name '5gb' is not a MIG profile name",
                "\"name\":\"1g.5gb\"         | \"nom\":\"1g.5gb\"       | [0].migProfiles[0].name is missing",
                "\"core\":15                 | \"core\":101             | 101 % cores",
                "\"core\":15                 | \"maxInstances\":0       | [0].migProfiles[0] profile 1g.5gb",
                "{\"start\":0,\"size\":1}    | {\"start\":0}            | [0].migProfiles[0].placements[0].size is missing",
                "{\"start\":6,\"size\":1}    | {\"start\":6,\"size\":2} | of several sizes",
                "{\"start\":6,\"size\":1}    | {\"start\":16,\"size\":1} | [0].migProfiles[0].placements[1] placement start 16",
                "\"placements\":             | \"places\":              | [0].migProfiles[0].placements is missing",
                "[{\"start\":0,\"size\":1},{\"start\":6,\"size\":1}] | [] | [0].migProfiles[0] has no placements",
                "\"health\":true             | \"blocked\":{}           | [0].blocked must be a JSON list",
                "\"health\":true             | \"idle\":[{\"size\":1}]  | [0].idle[0].profile is missing"
            })
    void everyFieldIsCheckedExactly(String right, String wrong, String complaint) {
        assertThat(MIG).contains(right);

        assertMalformed(MIG.replace(right, wrong), complaint);
    }

    @Test
    void aGpuOrProfileNamedTwiceIsMalformed() {
        String profile = MIG.substring(MIG.indexOf("{\"name\""), MIG.indexOf("]}]}]") + 2);

        assertMalformed(MIG.replaceFirst("^\\[(.*)]$", "[$1,$1]"), "[1] names GPU GPU-0 a second time");
        assertMalformed(
                MIG.replace(profile, profile + "," + profile),
                "[0] is not a valid GPU: GPU GPU-0 lists a profile twice");
    }

    private static void assertMalformed(String text, String complaint) {
        assertThatExceptionOfType(MalformedAnnotationException.class)
                .isThrownBy(() -> NodeRegistration.decode(text))
                .withMessageContaining(Annotations.NODE_REGISTER)
                .withMessageContaining(complaint);
    }
}
