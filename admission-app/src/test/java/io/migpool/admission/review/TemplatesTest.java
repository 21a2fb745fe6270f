package io.migpool.admission.review;

import static io.migpool.admission.review.ReviewFixtures.json;
import static io.migpool.admission.review.ReviewFixtures.response;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects that create pods: users who write them get the messages that their pods would get. */
class TemplatesTest {
    private static final String BAD = "{'nvidia.com/gpu': '0'}";
    private static final String FINE = "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '8000'}";
    private final AdmissionReviewer reviewer =
            new AdmissionReviewer(() -> Optional.of(Pools.policy(Pools.of(Map.of(Pools.A100, 1)))));

    @ParameterizedTest
    @CsvSource({
        "apps, Deployment, CREATE, {'spec': {'template': %s}}",
        "apps, StatefulSet, UPDATE, {'spec': {'template': %s}}",
        "apps, DaemonSet, CREATE, {'spec': {'template': %s}}",
        "apps, ReplicaSet, CREATE, {'spec': {'template': %s}}",
        "batch, Job, CREATE, {'spec': {'template': %s}}",
        "batch, CronJob, UPDATE, {'spec': {'jobTemplate': {'spec': {'template': %s}}}}",
        "'', ReplicationController, CREATE, {'spec': {'template': %s}}",
        "'', PodTemplate, CREATE, {'template': %s}"
    })
    void aTemplateWhosePodsWillBeRefusedIsAllowedWithAWarning(
            String group, String kind, String operation, String object) throws Exception {
        JsonNode response = review(group, kind, operation, object.replace('\'', '"'), "null");

        assertThat(response.path("allowed").asBoolean()).isTrue();
        assertThat(response.has("patch")).isFalse();
        assertThat(response.path("warnings"))
                .extracting(JsonNode::asText)
                .isNotEmpty()
                .allSatisfy(warning -> assertThat(warning).hasSizeLessThanOrEqualTo(120))
                .first()
                .asString()
                .startsWith("its pods will be refused: container cuda: nvidia.com/gpu is 0");
    }

    @Test
    void doubtfulRequestsAreToldAsForPods() throws Exception {
        JsonNode response = review(
                "apps",
                "Deployment",
                "CREATE",
                "{'spec': {'template': %s}}",
                "null",
                "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '11000'}");

        assertThat(response.path("warnings"))
                .extracting(JsonNode::asText)
                .containsExactly("container cuda: 11000 MiB takes a 3g.20gb of 20480 MiB; 10240 MiB would fit 2g.10gb");
    }

    @Test
    void aTemplateThatStaysAsItWasIsNotTalkedAboutAgain() throws Exception {
        JsonNode response = review(
                "apps",
                "Deployment",
                "UPDATE",
                "{'spec': {'replicas': 3, 'template': %s}}",
                "{'spec': {'replicas': 1, 'template': %s}}",
                BAD);

        assertThat(response.has("warnings")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'spec': {'template': {'spec': {'containers': [{'name': 'web'}]}}}}",
                "{'spec': {'template': {'spec': {'containers': 7}}}}",
                "{'spec': {'template': 'none'}}",
                "{'spec': {}}",
                "{}",
                "[]"
            })
    void whatIsNoTemplateOfGpuPodsPassesWithoutAWord(String object) throws Exception {
        JsonNode response = review("apps", "Deployment", "CREATE", object.replace('\'', '"'), "null");

        assertThat(response.path("allowed").asBoolean()).isTrue();
        assertThat(response.has("warnings")).isFalse();
    }

    @Test
    void goodTemplatesPassWithoutAWord() throws Exception {
        assertThat(review("batch", "Job", "CREATE", "{'spec': {'template': %s}}", "null", FINE)
                        .has("warnings"))
                .isFalse();
    }

    private JsonNode review(String group, String kind, String operation, String object, String before)
            throws Exception {
        return review(group, kind, operation, object, before, BAD);
    }

    private JsonNode review(String group, String kind, String operation, String object, String before, String limits)
            throws Exception {
        String template = "{'spec': {'containers': [{'name': 'cuda', 'resources': {'limits': %s}}]}}".formatted(limits);
        ObjectNode review =
                (ObjectNode) json(("{'apiVersion': 'admission.k8s.io/v1', 'kind': 'AdmissionReview', 'request':"
                                + " {'uid': 'u-1', 'operation': '%s', 'namespace': 'team', 'kind': {'group': '%s', 'version': 'v1', 'kind': '%s'}}}")
                        .formatted(operation, group, kind));
        ObjectNode request = (ObjectNode) review.get("request");
        request.set("object", json(object.replace("%s", template)));
        request.set("oldObject", json(before.replace("%s", template)));
        return response(reviewer.review(ReviewFixtures.JSON.writeValueAsBytes(review)));
    }
}
