package io.migpool.contracts.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MigAllocationsTest {

    private static final MigAllocation RESERVED =
            new MigAllocation(0, 0, "GPU-a", MigProfile.parse("2g.10gb"), new Placement(2, 2), null);

    @Test
    void hamisSampleIsReadAndWrittenAgain() throws Exception {
        String sample =
                "[{\"containerIndex\":0,\"deviceIndex\":0,\"gpuUUID\":\"GPU-a\",\"profile\":\"2g.10gb\",\"placement\":{\"start\":2,\"size\":2},"
                        + "\"migUUID\":\"MIG-b\",\"gpuInstanceID\":4,\"computeInstanceID\":0}]";
        List<MigAllocation> allocations = List.of(RESERVED.realised(new MigRuntime("MIG-b", 4, 0)));

        assertThat(MigAllocations.decode(sample)).isEqualTo(allocations);
        assertThat(MigAllocations.encode(allocations)).isEqualTo(sample);
    }

    @Test
    void whatIsOnlyReservedHasNoIdentity() throws Exception {
        String text = MigAllocations.encode(List.of(RESERVED));

        assertThat(text).doesNotContain("migUUID", "InstanceID");
        assertThat(MigAllocations.decode(text)).containsExactly(RESERVED);
    }

    @Test
    void anEmptyValueIsNoAllocation() throws Exception {
        assertThat(MigAllocations.decode("")).isEmpty();
        assertThat(MigAllocations.decode(" ")).isEmpty();
        assertThat(MigAllocations.decode("[]")).isEmpty();
        assertThat(MigAllocations.encode(List.of())).isEqualTo("[]");
    }

    @Test
    void unknownFieldsAndNullsAreSkipped() throws Exception {
        String text =
                "[{\"containerIndex\":0,\"deviceIndex\":0,\"gpuUUID\":\"GPU-a\",\"profile\":\"2c.2g.10gb\",\"placement\":{\"start\":2,\"size\":2,\"x\":[]},"
                        + "\"migUUID\":null,\"gpuInstanceID\":null,\"later\":{\"a\":1}}]";

        assertThat(MigAllocations.decode(text)).containsExactly(RESERVED);
    }

    @Test
    void twoContainersMayShareAnInstance() throws Exception {
        MigAllocation shared = new MigAllocation(1, 0, "GPU-a", RESERVED.profile(), RESERVED.placement(), null);
        List<MigAllocation> allocations = List.of(RESERVED, shared);

        assertThat(MigAllocations.decode(MigAllocations.encode(allocations))).isEqualTo(allocations);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}                                          | it must be a JSON list",
                "null                                        | it must be a JSON list",
                "[                                           | not valid JSON",
                "[] []                                       | not valid JSON",
                "[1]                                         | [0] must be a JSON object",
                "[{D}, []]                                   | [1] must be a JSON object",
                "[{}]                                        | [0].containerIndex is missing",
                "[{D, \"containerIndex\":1}]                 | not valid JSON",
                "[{D,\"migUUID\":\"MIG-1\"}]                 | [0] has only a part of its runtime identity",
                "[{D,\"gpuInstanceID\":1,\"computeInstanceID\":0}] | [0] has only a part of its runtime identity",
                "[{D,\"migUUID\":\"MIG-1\",\"gpuInstanceID\":1}]   | [0] has only a part of its runtime identity",
                "[{D,\"migUUID\":\"\",\"gpuInstanceID\":1,\"computeInstanceID\":0}] | [0].migUUID must be a non-empty string",
                "[{D,\"migUUID\":\"M\",\"gpuInstanceID\":-1,\"computeInstanceID\":0}] | [0].gpuInstanceID must be a whole number",
                "[{D},{D}]                                   | [1] names container 0 device 0 twice"
            })
    void whatIsMalformedIsNamedByItsPath(String template, String complaint) {
        String device =
                "\"containerIndex\":0,\"deviceIndex\":0,\"gpuUUID\":\"GPU-a\",\"profile\":\"2g.10gb\",\"placement\":{\"start\":2,\"size\":2}";
        assertMalformed(template.replace("D,", device + ",").replace("D}", device + "}"), complaint);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"containerIndex\":0     | \"containerIndex\":-1    | [0].containerIndex must be a whole number of 0 or more",
                "\"containerIndex\":0     | \"containerIndex\":0.5   | [0].containerIndex must be a whole number of 0 or more",
                "\"containerIndex\":0     | \"containerIndex\":\"0\" | [0].containerIndex must be a whole number of 0 or more",
                "\"deviceIndex\":0        | \"deviceIndex\":4294967296 | [0].deviceIndex must be a whole number of 0 or more",
                "\"deviceIndex\":0        | \"deviceIndex\":1e400    | [0].deviceIndex must be a whole number of 0 or more",
                "\"deviceIndex\":0        | \"deviceIndex\":99999999999999999999 | [0].deviceIndex must be a whole number",
                "\"gpuUUID\":\"GPU-a\"    | \"gpuUUID\":\"\"         | [0].gpuUUID must be a non-empty string",
                "\"gpuUUID\":\"GPU-a\"    | \"gpuUUID\":7            | [0].gpuUUID must be a non-empty string",
                "\"gpuUUID\":\"GPU-a\"    | \"gpuUUID\":null         | [0].gpuUUID is missing",
                "\"profile\":\"2g.10gb\"  | \"profile\":\"big\"      | [0].profile 'big' is not a MIG profile name",
                "\"placement\":{\"start\":2,\"size\":2} | \"placement\":3 | [0].placement must be a JSON object",
                "\"start\":2,\"size\":2   | \"start\":2              | [0].placement.size is missing",
                "\"size\":2               | \"size\":0               | [0].placement placement start 2 size 0",
                "\"size\":2               | \"size\":63              | [0].placement placement start 2 size 63",
                "\"start\":2              | \"start\":-2             | [0].placement.start must be a whole number"
            })
    void everyFieldIsCheckedExactly(String right, String wrong, String complaint) {
        String text = MigAllocations.encode(List.of(RESERVED));
        assertThat(text).contains(right);

        assertMalformed(text.replace(right, wrong), complaint);
    }

    @Test
    void deepNestingIsMalformedAndNoStackOverflow() {
        assertMalformed("[".repeat(100_000), "not valid JSON");
    }

    @Test
    void aMessageStaysShortHoweverLongTheValue() {
        String profile = "x".repeat(10_000);
        String text = MigAllocations.encode(List.of(RESERVED)).replace("2g.10gb", profile);

        assertThatExceptionOfType(MalformedAnnotationException.class)
                .isThrownBy(() -> MigAllocations.decode(text))
                .withMessageContaining("[0].profile 'xxx")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(550).endsWith("…'"));
    }

    @Test
    void valuesThatCouldNotBeReadAgainAreNeverWritten() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MigAllocation(-1, 0, "GPU-a", RESERVED.profile(), RESERVED.placement(), null))
                .withMessageContaining("container -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MigAllocation(0, 0, " ", RESERVED.profile(), RESERVED.placement(), null))
                .withMessageContaining("GPU ' '");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MigRuntime("", 0, 0))
                .withMessageContaining("UUID must be named");
    }

    private static void assertMalformed(String text, String complaint) {
        assertThatExceptionOfType(MalformedAnnotationException.class)
                .isThrownBy(() -> MigAllocations.decode(text))
                .withMessageContaining(Annotations.MIG_ALLOCATIONS)
                .withMessageContaining(complaint);
    }
}
