package io.migpool.testbed.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an API server sends to a mutating webhook, and what it makes of the answer. */
@ExtendWith(Subject.Provider.class)
class WebhookConformanceTest {

    private static final String NAME = "pods.example.com";
    private static final String LABEL = "reviewed-in";
    private static final String ADD_NOTE =
            "[{\"op\": \"add\", \"path\": \"/metadata/annotations\", \"value\": {\"note\": \"seen\"}}]";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    @AfterEach
    void close() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    @Test
    void aPatchIsAppliedToTheObjectThatIsStored(Subject subject) throws Exception {
        FakeWebhook webhook = registered(subject);
        webhook.onReview = review -> FakeWebhook.patch(ADD_NOTE);

        Pod created = subject.create(pod(subject, "p"));

        assertThat(created.getMetadata().getAnnotations()).containsEntry("note", "seen");
        assertThat(subject.read().getMetadata().getAnnotations()).containsEntry("note", "seen");
    }

    @Test
    void aReviewSaysWhatWhoseAndByWhom(Subject subject) throws Exception {
        FakeWebhook webhook = registered(subject);

        subject.create(pod(subject, "p"));

        JsonNode review = webhook.reviews.getLast();
        assertThat(review.path("apiVersion").asText()).isEqualTo("admission.k8s.io/v1");
        assertThat(review.path("kind").asText()).isEqualTo("AdmissionReview");
        JsonNode request = webhook.requestFor("p");
        assertThat(request.path("uid").asText()).isNotEmpty();
        assertThat(request.path("kind")).hasToString("{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"}");
        assertThat(request.path("resource")).hasToString("{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"}");
        assertThat(request.path("requestKind")).isEqualTo(request.path("kind"));
        assertThat(request.path("requestResource")).isEqualTo(request.path("resource"));
        assertThat(request.path("namespace").asText()).isEqualTo(subject.namespace());
        assertThat(request.path("operation").asText()).isEqualTo("CREATE");
        assertThat(request.at("/userInfo/username").asText()).isEqualTo("kubernetes-admin");
        assertThat(request.path("dryRun").asBoolean(true)).isFalse();
        assertThat(request.at("/options/kind").asText()).isEqualTo("CreateOptions");
        assertThat(request.at("/options/apiVersion").asText()).isEqualTo("meta.k8s.io/v1");
        assertThat(request.path("oldObject").isNull()).isTrue();
        assertThat(request.at("/object/kind").asText()).isEqualTo("Pod");
        assertThat(request.at("/object/spec/schedulerName").asText())
                .as("defaults are set")
                .isEqualTo("default-scheduler");
        assertThat(request.at("/object/spec/nodeName").isMissingNode()).isTrue();
    }

    @Test
    void aDryRunIsReviewedAsOne(Subject subject) throws Exception {
        FakeWebhook webhook = registered(subject);

        subject.client().resource(pod(subject, "p").build()).dryRun().create();

        assertThat(webhook.requestFor("p").path("dryRun").asBoolean()).isTrue();
        assertThat(subject.at("p").get()).isNull();
    }

    @Test
    void warningsReachTheClientInHeaders(Subject subject) throws Exception {
        FakeWebhook webhook = registered(subject);
        webhook.onReview =
                review -> "{\"allowed\": true, \"warnings\": [\"gpumem is ignored\", \"say \\\"please\\\"\"]}";

        HttpResponse<String> response = post(subject, pod(subject, "p").build());

        assertThat(response.code()).isEqualTo(201);
        assertThat(response.headers("Warning"))
                .containsExactly("299 - \"gpumem is ignored\"", "299 - \"say \\\"please\\\"\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            {"code": 422, "message": "gpumem is -1"} | 422 | - | : gpumem is -1
            {"code": 403, "message": "no", "reason": "Forbidden"} | 403 | Forbidden | : no
            {"code": 200, "reason": "TooMuch"} | 400 | TooMuch | : TooMuch
            {} | 400 | - | ' without explanation'
            """)
    void aDenialHasTheWebhooksCodeReasonAndMessage(String status, int code, String reason, String end, Subject subject)
            throws Exception {
        FakeWebhook webhook = registered(subject);
        webhook.onReview = review -> "{\"allowed\": false, \"status\": %s}".formatted(status);

        assertThatThrownBy(() -> subject.create(pod(subject, "p")))
                .isInstanceOfSatisfying(KubernetesClientException.class, refused -> {
                    assertThat(refused.getCode()).isEqualTo(code);
                    assertThat(refused.getStatus().getReason()).isEqualTo(reason);
                    assertThat(refused.getStatus().getMessage())
                            .isEqualTo("admission webhook \"" + NAME + "\" denied the request" + end);
                });
        assertThat(subject.at("p").get()).isNull();
    }

    @Test
    void aCertificateThatTheBundleDoesNotVouchForIsNotBelieved(Subject subject) throws Exception {
        FakeWebhook webhook = open(new FakeWebhook(directory));
        FakeWebhook other = open(new FakeWebhook(directory));
        String bundle = other.caBundle();
        register(subject, webhook, hook -> hook.editClientConfig()
                .withCaBundle(bundle)
                .endClientConfig());

        awaitCallFailure(subject);

        assertThat(webhook.reviews).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"Fail, true", "Ignore, false"})
    void anAnswerThatComesTooLateIsNone(String policy, boolean refused, Subject subject) throws Exception {
        FakeWebhook webhook =
                registered(subject, hook -> hook.withTimeoutSeconds(1).withFailurePolicy(policy));
        CompletableFuture<String> late =
                new CompletableFuture<String>().completeOnTimeout(FakeWebhook.ALLOWED, 1, TimeUnit.MINUTES);
        open.push(() -> late.complete(FakeWebhook.ALLOWED));
        webhook.onReview = review -> late.join();

        assertOutcome(subject, refused, "/review?timeout=1s\": context deadline exceeded");
    }

    @ParameterizedTest
    @CsvSource({"Fail, true", "Ignore, false"})
    void anAnswerWithAnotherStatusIsNone(String policy, boolean refused, Subject subject) throws Exception {
        FakeWebhook webhook = registered(subject, hook -> hook.withFailurePolicy(policy));
        webhook.status = 503;

        assertOutcome(subject, refused, "");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Fail   | true  | "uid": "1"                                       | expected response.uid=
            Ignore | false | "uid": "1"                                       | -
            Fail   | true  | "patch": "W10="                                  | response.patch but not response.patchType
            Ignore | false | "patch": "W10="                                  | -
            Fail   | true  | "patchType": "JSONPatch"                         | response.patchType but not response.patch
            Fail   | true  | "patch": "W10=", "patchType": ""                 | invalid response.patchType
            Fail   | true  | "patch": "W3t9XQ==", "patchType": "MergePatch"   | unsupported patch type
            Ignore | false | "patch": "W3t9XQ==", "patchType": "MergePatch"   | -
            Fail   | false | "patch": "W10=", "patchType": "MergePatch"       | -
            """)
    void anAnswerThatBreaksTheContractIsNone(String policy, boolean refused, String fields, String why, Subject subject)
            throws Exception {
        FakeWebhook webhook = registered(subject, hook -> hook.withFailurePolicy(policy));
        webhook.onReview = review -> "{\"allowed\": true, %s}".formatted(fields);

        assertOutcome(subject, refused, why);
    }

    /** The failure policy is about calls; this call has succeeded. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [{"op": "test", "path": "/kind", "value": "Node"}]
            [{"op": "remove", "path": "/metadata/ghost"}]
            {"op": "add"}
            """)
    void aPatchThatCannotBeAppliedFailsTheRequestWhateverTheFailurePolicy(String patch, Subject subject)
            throws Exception {
        FakeWebhook webhook = registered(subject, hook -> hook.withFailurePolicy("Ignore"));
        webhook.onReview = review -> FakeWebhook.patch(patch);

        assertThatThrownBy(() -> subject.create(pod(subject, "p")))
                .isInstanceOfSatisfying(KubernetesClientException.class, refused -> {
                    assertThat(refused.getCode()).isEqualTo(500);
                    assertThat(refused.getStatus().getReason()).isEqualTo("InternalError");
                });
    }

    @Test
    void anObjectThatAPatchMakesInvalidIsRefused(Subject subject) throws Exception {
        FakeWebhook webhook = registered(subject);
        webhook.onReview = review -> FakeWebhook.patch(
                "[{\"op\": \"replace\", \"path\": \"/spec/containers/0/name\", \"value\": \"NOT A NAME\"}]");

        Refusals.assertInvalid(
                () -> subject.create(pod(subject, "p")), "spec.containers[0].name", "FieldValueInvalid", "RFC 1123");
    }

    private static void assertOutcome(Subject subject, boolean refused, String why) {
        PodBuilder pod = pod(subject, "p");
        if (refused) {
            Refusals.assertRefused(
                    () -> subject.create(pod), 500, "InternalError", "failed calling webhook \"" + NAME + "\"");
            Refusals.assertRefused(() -> subject.create(pod), 500, "InternalError", why);
        } else {
            assertThat(subject.create(pod).getMetadata().getUid()).isNotEmpty();
        }
    }

    private FakeWebhook registered(Subject subject) throws Exception {
        return registered(subject, hook -> hook);
    }

    /** Registers a webhook and waits until the API server asks it. */
    private FakeWebhook registered(Subject subject, UnaryOperator<MutatingWebhookBuilder> change) throws Exception {
        FakeWebhook webhook = open(new FakeWebhook(directory));
        register(subject, webhook, change);
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            subject.client().resource(pod(subject, "probe").build()).dryRun().create();
            return !webhook.reviews.isEmpty();
        });
        return webhook;
    }

    private void register(Subject subject, FakeWebhook webhook, UnaryOperator<MutatingWebhookBuilder> change)
            throws Exception {
        MutatingWebhook hook = change.apply(new MutatingWebhookBuilder()
                        .withName(NAME)
                        .withAdmissionReviewVersions("v1")
                        .withSideEffects("None")
                        .withFailurePolicy("Fail")
                        .withTimeoutSeconds(10)
                        .withNewClientConfig()
                        .withUrl(webhook.url())
                        .withCaBundle(webhook.caBundle())
                        .endClientConfig()
                        .withNewObjectSelector()
                        .addToMatchLabels(LABEL, subject.namespace())
                        .endObjectSelector()
                        .addNewRule()
                        .withApiGroups("")
                        .withApiVersions("v1")
                        .withOperations("CREATE")
                        .withResources("pods")
                        .endRule())
                .build();
        var configuration = new MutatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName(subject.namespace())
                .endMetadata()
                .withWebhooks(hook)
                .build();
        subject.client().resource(configuration).create();
        open.push(() -> subject.client().resource(configuration).delete());
    }

    /** Waits until the call of the webhook fails; until the API server has learnt of it, it calls nobody. */
    private static void awaitCallFailure(Subject subject) {
        await().untilAsserted(() -> Refusals.assertRefused(
                () -> subject.client()
                        .resource(pod(subject, "probe").build())
                        .dryRun()
                        .create(),
                500,
                "InternalError",
                "failed calling webhook \"" + NAME + "\""));
    }

    private static PodBuilder pod(Subject subject, String name) {
        return subject.pod(name, Map.of())
                .editMetadata()
                .addToLabels(LABEL, subject.namespace())
                .endMetadata();
    }

    private static HttpResponse<String> post(Subject subject, Pod pod) throws Exception {
        var http = subject.client().getHttpClient();
        var request = http.newHttpRequestBuilder()
                .uri(subject.client().getMasterUrl() + "api/v1/namespaces/" + subject.namespace() + "/pods")
                .post(
                        "application/json",
                        subject.client().getKubernetesSerialization().asJson(pod))
                .build();
        return http.sendAsync(request, String.class).get(1, TimeUnit.MINUTES);
    }

    private <T extends AutoCloseable> T open(T resource) {
        open.push(resource);
        return resource;
    }
}
