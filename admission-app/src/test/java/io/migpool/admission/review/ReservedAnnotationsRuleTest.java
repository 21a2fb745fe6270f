package io.migpool.admission.review;

import static io.migpool.admission.review.ReviewFixtures.json;
import static io.migpool.admission.review.ReviewFixtures.opinion;
import static io.migpool.admission.review.ReviewFixtures.patch;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReservedAnnotationsRuleTest {

    private final Rule rule = new ReservedAnnotationsRule();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hami.io/vgpu-node",
                "hami.io/vgpu-time",
                "hami.io/vgpu-devices-allocated",
                "hami.io/vgpu-devices-to-allocate",
                "hami.io/vgpu-mig-allocations",
                "hami.io/bind-time",
                "hami.io/bind-phase"
            })
    void whatOnlyWeMayWriteIsRemovedWithAWarning(String key) throws Exception {
        ObjectNode pod = JsonNodeFactory.instance.objectNode();
        pod.putObject("metadata").putObject("annotations").put(key, "forged").put("team", "vision");

        Opinion opinion = opinion(rule, pod);

        assertThat(patch(rule, pod))
                .isEqualTo(json(
                        "[{'op': 'remove', 'path': '/metadata/annotations/%s'}]".formatted(key.replace("/", "~1"))));
        assertThat(opinion.warnings()).singleElement().asString().contains(key).hasSizeLessThanOrEqualTo(120);
    }

    @Test
    void theLabelOfAReservationIsRemovedToo() throws Exception {
        ObjectNode pod = JsonNodeFactory.instance.objectNode();
        pod.putObject("metadata")
                .putObject("labels")
                .put("hami.io/vgpu-node", "n")
                .put("app", "llm");

        assertThat(patch(rule, pod))
                .isEqualTo(json("[{'op': 'remove', 'path': '/metadata/labels/hami.io~1vgpu-node'}]"));
        assertThat(opinion(rule, pod).warnings())
                .singleElement()
                .asString()
                .startsWith("label hami.io/vgpu-node removed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'metadata': {'annotations': {'nvidia.com/vgpu-mode': 'mig', 'hami.io/gpu-scheduler-policy': 'spread'}}}",
                "{'metadata': {'annotations': null}}",
                "{'metadata': {}}"
            })
    void theUsersOwnAnnotationsStay(String pod) throws Exception {
        assertThat(opinion(rule, json(pod))).isEqualTo(Opinion.NONE);
    }

    @Test
    void aPodWithoutMetadataIsFine() throws Exception {
        assertThat(opinion(rule, json("{}"))).isEqualTo(Opinion.NONE);
    }
}
