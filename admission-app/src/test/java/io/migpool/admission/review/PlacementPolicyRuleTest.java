package io.migpool.admission.review;

import static io.migpool.admission.review.ReviewFixtures.json;
import static io.migpool.admission.review.ReviewFixtures.opinion;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.contracts.wire.Annotations;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlacementPolicyRuleTest {

    private final Rule rule = new PlacementPolicyRule();

    @ParameterizedTest
    @CsvSource({
        "hami.io/gpu-scheduler-policy, 'spread,best-of-all', 'best-of-all', 'topology-aware'",
        "hami.io/node-scheduler-policy, random, 'random', 'binpack'",
        "hami.io/device-scoring-weights, slot=1, 'slot=1', 'slot=1,core=1,memory=3'",
        "hami.io/device-scoring-weights, 'slot=0,core=0,memory=0', 'memory=0', 'not scheduled'",
    })
    void whatIsNotUnderstoodIsNamedWithWhatWouldBe(String key, String value, String wrong, String remedy)
            throws Exception {
        Opinion opinion = opinion(rule, json("{'metadata': {'annotations': {'%s': '%s'}}}".formatted(key, value)));

        assertThat(opinion.edits()).isEmpty();
        assertThat(opinion.denials()).isEmpty();
        assertThat(opinion.warnings()).isNotEmpty().allSatisfy(line -> assertThat(line)
                .hasSizeLessThanOrEqualTo(120));
        assertThat(String.join(" ", opinion.warnings())).contains(key, wrong, remedy);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'metadata': {'annotations': {'hami.io/gpu-scheduler-policy': 'mutex,numa'}}}",
                "{'metadata': {'annotations': {'hami.io/device-scoring-weights': 'slot=1,core=1,memory=3'}}}",
                "{'metadata': {'annotations': {'hami.io/node-scheduler-policy': ''}}}",
                "{'metadata': {'annotations': null}}",
                "{}"
            })
    void whatIsUnderstoodIsNotTalkedAbout(String pod) throws Exception {
        assertThat(opinion(rule, json(pod))).isEqualTo(Opinion.NONE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                Annotations.USE_GPU_TYPE,
                Annotations.NO_USE_GPU_TYPE,
                Annotations.USE_GPU_UUID,
                Annotations.NO_USE_GPU_UUID,
                Annotations.VGPU_MODE
            })
    void constraintsThatAreTooLongAreRefused(String key) throws Exception {
        Opinion opinion = opinion(rule, annotated(key, "z,".repeat(1_500_000)));

        assertThat(opinion.denials()).singleElement().satisfies(denial -> assertThat(denial.message())
                .startsWith(key + " has 3000000 characters"));
    }

    @Test
    void policiesGetAFewWarningsHoweverManyThereAre() throws Exception {
        String different = IntStream.range(0, 256).mapToObj(i -> "z" + i).collect(Collectors.joining(","));

        assertThat(opinion(rule, annotated(Annotations.GPU_SCHEDULER_POLICY, different))
                        .warnings())
                .hasSizeLessThan(30);
        assertThat(opinion(rule, annotated(Annotations.GPU_SCHEDULER_POLICY, "z,".repeat(1_500_000)))
                        .warnings())
                .singleElement()
                .asString()
                .contains("3000000 characters", "not scheduled");
    }

    private static JsonNode annotated(String key, String value) throws Exception {
        ObjectNode pod = (ObjectNode) json("{}");
        pod.putObject("metadata").putObject("annotations").put(key, value);
        return pod;
    }

    @Test
    void annotationsOfAnotherTypeAreNoReasonToFail() throws Exception {
        assertThat(opinion(rule, json("{'metadata': {'annotations': {'hami.io/gpu-scheduler-policy': ['spread']}}}")))
                .isEqualTo(Opinion.NONE);
    }
}
