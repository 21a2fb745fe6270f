package io.migpool.admission.review;

import static io.migpool.admission.review.ReviewFixtures.body;
import static io.migpool.admission.review.ReviewFixtures.creation;
import static io.migpool.admission.review.ReviewFixtures.json;
import static io.migpool.admission.review.ReviewFixtures.operations;
import static io.migpool.admission.review.ReviewFixtures.patched;
import static io.migpool.admission.review.ReviewFixtures.podWithLimits;
import static io.migpool.admission.review.ReviewFixtures.resource;
import static io.migpool.admission.review.ReviewFixtures.response;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.admission.review.ReviewAnswer.Outcome;
import io.migpool.contracts.policy.CorePolicy;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdmissionReviewerTest {

    private final AdmissionReviewer reviewer = new AdmissionReviewer(() -> Optional.of(ReviewPolicy.DEFAULT));

    @Test
    void aPodAsTheApiServerSendsItGetsExactlyTheOperationsItNeeds() throws Exception {
        byte[] review = resource("gpu-memory-only.json");

        ReviewAnswer answer = reviewer.review(review);

        assertThat(answer.outcome()).isEqualTo(Outcome.PATCHED);
        assertThat(body(answer).path("apiVersion").asText()).isEqualTo("admission.k8s.io/v1");
        assertThat(body(answer).path("kind").asText()).isEqualTo("AdmissionReview");
        assertThat(response(answer).path("uid").asText()).isEqualTo("705ab4f5-6393-11e8-b7cc-42010a800002");
        assertThat(response(answer).path("allowed").asBoolean()).isTrue();
        assertThat(response(answer).path("patchType").asText()).isEqualTo("JSONPatch");
        assertThat(operations(answer)).isEqualTo(json("""
                                [{'op': 'remove', 'path': '/metadata/annotations/hami.io~1vgpu-devices-allocated'},
                                 {'op': 'remove', 'path': '/metadata/annotations/hami.io~1bind-phase'},
                                 {'op': 'add', 'path': '/spec/containers/0/resources/limits/nvidia.com~1gpu', 'value': '1'},
                                 {'op': 'replace', 'path': '/spec/schedulerName', 'value': 'hami-scheduler'}]
                                """));
        assertThat(response(answer).path("warnings")).hasSize(2).allSatisfy(warning -> assertThat(warning.asText())
                .hasSizeLessThanOrEqualTo(120));
    }

    @Test
    void thePatchedPodDiffersOnlyInWhatWasSaid() throws Exception {
        JsonNode pod = ReviewFixtures.JSON
                .readTree(resource("gpu-memory-only.json"))
                .path("request")
                .path("object");

        JsonNode patched = patched(pod, reviewer.review(resource("gpu-memory-only.json")));

        ObjectNode expected = pod.deepCopy();
        ((ObjectNode) expected.at("/metadata/annotations"))
                .remove(java.util.List.of("hami.io/bind-phase", "hami.io/vgpu-devices-allocated"));
        ((ObjectNode) expected.at("/spec/containers/0/resources/limits")).put("nvidia.com/gpu", "1");
        ((ObjectNode) expected.at("/spec")).put("schedulerName", "hami-scheduler");
        assertThat(patched).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'spec': {'containers': [{'name': 'web', 'resources': {'limits': {'cpu': '1'}}}]}}",
                "{'spec': {'nodeName': 'n1', 'containers': [{'name': 'web', 'securityContext': {'privileged': true}}]}}",
                "{'metadata': {'annotations': {'hami.io/bind-phase': 'success'}}, 'spec': {'containers': [{'name': 'web'}]}}",
                "{'spec': {'containers': [{'name': 'web', 'resources': {'limits': {'amd.com/gpu': '1'}}}]}}",
                "{'spec': {'schedulerName': 'volcano', 'containers': [{'name': 'c', 'resources': {'limits': {'nvidia.com/gpu': '0'}}}]}}",
                "{'spec': {'containers': []}}",
                "{'spec': {}}",
                "{}"
            })
    void podsThatAreNotOursPassWithoutAPatch(String pod) throws Exception {
        ReviewAnswer answer = reviewer.review(creation(json(pod)));

        assertThat(answer.outcome()).isEqualTo(Outcome.UNTOUCHED);
        assertThat(response(answer)).isEqualTo(json("{'uid': 'u-1', 'allowed': true}"));
    }

    @Test
    void aGpuPodThatSaysEverythingIsAllowedWithoutAPatch() throws Exception {
        JsonNode pod = json("""
                {'spec': {'schedulerName': 'hami-scheduler', 'containers': [
                  {'name': 'cuda', 'resources': {'limits': {'nvidia.com/gpu': '2', 'nvidia.com/gpumem': '16Gi'}}}]}}
                """);

        ReviewAnswer answer = reviewer.review(creation(pod));

        assertThat(answer.outcome()).isEqualTo(Outcome.ALLOWED);
        assertThat(response(answer)).isEqualTo(json("{'uid': 'u-1', 'allowed': true}"));
    }

    @Test
    void everyReasonToRefuseIsToldAtOnce() throws Exception {
        JsonNode pod = json("""
                {'spec': {'nodeName': 'node-7', 'containers': [
                  {'name': 'cuda', 'securityContext': {'privileged': true}, 'resources': {'limits': {'nvidia.com/gpumem': '-1'}}}]}}
                """);

        ReviewAnswer answer = reviewer.review(creation(pod));

        assertThat(answer.httpStatus()).isEqualTo(200);
        assertThat(answer.outcome()).isEqualTo(Outcome.DENIED);
        assertThat(response(answer).path("allowed").asBoolean(true)).isFalse();
        assertThat(response(answer).has("patch")).isFalse();
        assertThat(response(answer).at("/status/code").asInt()).isEqualTo(422);
        assertThat(response(answer).at("/status/reason").asText()).isEqualTo("Invalid");
        assertThat(response(answer).at("/status/message").asText())
                .contains("nvidia.com/gpumem is -1")
                .contains("privileged is true")
                .contains("spec.nodeName is node-7");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'nvidia.com/gpumem': '-1'}               | nvidia.com/gpumem is -1",
                "{'nvidia.com/gpumem-percentage': '140'}   | nvidia.com/gpumem-percentage is 140",
                "{'nvidia.com/gpumem-percentage': '101'}   | nvidia.com/gpumem-percentage is 101",
                "{'nvidia.com/gpumem-percentage': '-1'}    | nvidia.com/gpumem-percentage is -1",
                "{'nvidia.com/gpu': '0'}                   | nvidia.com/gpu is 0",
                "{'nvidia.com/gpu': '-2'}                  | nvidia.com/gpu is -2",
                "{'nvidia.com/gpu': '1500m'}               | nvidia.com/gpu is 1500m",
                "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': 'lots'} | nvidia.com/gpumem is lots",
                "{'nvidia.com/gpu': '1', 'nvidia.com/gpucores': '-5'} | nvidia.com/gpucores is -5",
                "{'nvidia.com/gpu': '1', 'nvidia.com/priority': '-1'} | nvidia.com/priority is -1"
            })
    void requestsWithoutAMeaningAreRefusedByFieldAndValue(String limits, String message) throws Exception {
        ReviewAnswer answer = reviewer.review(creation(podWithLimits(limits)));

        assertThat(response(answer).at("/status/code").asInt()).isEqualTo(422);
        assertThat(response(answer).at("/status/message").asText()).contains("container cuda: " + message + ";");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'nvidia.com/gpu': '1'}",
                "{'nvidia.com/gpumem': '4096'}",
                "{'nvidia.com/gpumem': '8k'}",
                "{'nvidia.com/gpumem': '16Gi'}",
                "{'nvidia.com/gpumem-percentage': '50'}",
                "{'nvidia.com/gpumem-percentage': '100'}",
                "{'nvidia.com/gpumem-percentage': '0', 'nvidia.com/gpumem': '2k'}",
                "{'nvidia.com/gpucores': '30'}"
            })
    void requestsWithAMeaningAreAdmitted(String limits) throws Exception {
        assertThat(reviewer.review(creation(podWithLimits(limits))).outcome()).isEqualTo(Outcome.PATCHED);
    }

    @Test
    void settingsAreThoseOfTheMoment() throws Exception {
        ReviewPolicy[] policy = {ReviewPolicy.DEFAULT};
        AdmissionReviewer live = new AdmissionReviewer(() -> Optional.of(policy[0]));
        JsonNode pod = podWithLimits("{'example.com/gpualloc': '1'}");
        assertThat(live.review(creation(pod)).outcome()).isEqualTo(Outcome.UNTOUCHED);

        policy[0] = new ReviewPolicy(
                new ResourceNames(
                        "example.com/gpualloc",
                        "example.com/gpumem",
                        "example.com/gpumem-percentage",
                        "example.com/gpucores",
                        "example.com/priority"),
                RequestDefaults.NONE,
                "mine",
                true,
                false,
                "",
                CorePolicy.DEFAULT,
                Pool.UNKNOWN);

        assertThat(patched(pod, live.review(creation(pod)))
                        .at("/spec/schedulerName")
                        .asText())
                .isEqualTo("mine");
    }

    @Test
    void aReviewBeforeTheSettingsAreKnownIsAFailedCallSoThatTheFailurePolicyDecides() throws Exception {
        AdmissionReviewer ignorant = new AdmissionReviewer(Optional::empty);

        ReviewAnswer answer = ignorant.review(creation(podWithLimits("{'example.com/gpualloc': '1'}")));

        assertThat(answer.httpStatus()).isEqualTo(503);
        assertThat(answer.outcome()).isEqualTo(Outcome.UNDECIDED);
        assertThat(body(answer).path("kind").asText()).isEqualTo("Status");
        assertThat(body(answer).path("message").asText()).contains("device-config.yaml", "fix the ConfigMap");
    }

    @ParameterizedTest
    @CsvSource({
        "UPDATE,Pod,''",
        "DELETE,Pod,''",
        "CONNECT,PodExecOptions,exec",
        "CREATE,Deployment,''",
        "CREATE,Pod,eviction"
    })
    void otherOperationsKindsAndSubresourcesPassUntouched(String operation, String kind, String subResource)
            throws Exception {
        ObjectNode review = (ObjectNode)
                json(new String(creation(podWithLimits("{'nvidia.com/gpu': '0'}")), StandardCharsets.UTF_8));
        ObjectNode request = (ObjectNode) review.get("request");
        request.put("operation", operation).put("subResource", subResource);
        ((ObjectNode) request.get("kind")).put("kind", kind);

        ReviewAnswer answer = reviewer.review(ReviewFixtures.JSON.writeValueAsBytes(review));

        assertThat(response(answer)).isEqualTo(json("{'uid': 'u-1', 'allowed': true}"));
    }

    @Test
    void anotherVersionIsRefusedInASentenceWithItsUid() throws Exception {
        ReviewAnswer answer = reviewer.review(bytes(
                "{'apiVersion': 'admission.k8s.io/v1beta1', 'kind': 'AdmissionReview', 'request': {'uid': 'u-9'}}"));

        assertThat(answer.httpStatus()).isEqualTo(400);
        assertThat(answer.outcome()).isEqualTo(Outcome.UNREADABLE);
        assertThat(body(answer).path("kind").asText()).isEqualTo("Status");
        assertThat(body(answer).at("/details/uid").asText()).isEqualTo("u-9");
        assertThat(body(answer).path("message").asText())
                .contains("admission.k8s.io/v1beta1")
                .contains("admissionReviewVersions: [v1]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "not json",
                "null",
                "[]",
                "42",
                "{",
                "{}",
                "{} {}",
                "{'apiVersion': 'admission.k8s.io/v1', 'kind': 'AdmissionReview'}",
                "{'apiVersion': 'admission.k8s.io/v1', 'kind': 'AdmissionReview', 'request': []}",
                "{'apiVersion': 'admission.k8s.io/v1', 'kind': 'AdmissionReview', 'request': {'uid': 7}}",
                "{'apiVersion': 'admission.k8s.io/v1', 'kind': 'AdmissionReview', 'request': {'uid': ''}}"
            })
    void whatIsNoReviewIsABadRequest(String text) throws Exception {
        ReviewAnswer answer = reviewer.review(bytes(text));

        assertThat(answer.httpStatus()).isEqualTo(400);
        assertThat(body(answer).path("message").asText()).isNotBlank();
    }

    @Test
    void deepNestingIsABadRequestAndNoStackOverflow() throws Exception {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);

        ReviewAnswer answer = reviewer.review(bytes(
                "{'apiVersion': 'admission.k8s.io/v1', 'kind': 'AdmissionReview', 'request': {'uid': 'u', 'object': "
                        + deep + "}}"));

        assertThat(answer.httpStatus()).isEqualTo(400);
        assertThat(body(answer).path("message").asText()).contains("nesting depth");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'spec': {'containers': {'name': 'c'}}}",
                "{'spec': {'containers': [7]}}",
                "{'spec': {'initContainers': 'none', 'containers': []}}",
                "{'spec': {'containers': [{'name': 'c', 'resources': {'limits': ['nvidia.com/gpu']}}]}}"
            })
    void aPodOfTheWrongShapeIsDeniedAsBadRequest(String pod) throws Exception {
        ReviewAnswer answer = reviewer.review(creation(json(pod)));

        assertThat(answer.httpStatus()).isEqualTo(200);
        assertThat(response(answer).path("uid").asText()).isEqualTo("u-1");
        assertThat(response(answer).at("/status/code").asInt()).isEqualTo(400);
        assertThat(response(answer).at("/status/reason").asText()).isEqualTo("BadRequest");
    }

    @Test
    void anUnreadablePodIsToldWhere() throws Exception {
        ReviewAnswer answer = reviewer.review(creation(podWithLimits("{'nvidia.com/gpumem': ''}")));

        assertThat(response(answer).at("/status/message").asText())
                .startsWith("pod.spec.containers[0].resources.limits.nvidia.com/gpumem cannot be read");
    }

    @Test
    void aCreationWithoutAnObjectIsDenied() throws Exception {
        ReviewAnswer answer = reviewer.review(creation(json("null")));

        assertThat(response(answer).at("/status/message").asText()).contains("request.object");
    }

    private static byte[] bytes(String text) {
        return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }
}
