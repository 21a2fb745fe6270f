package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.failure;
import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.migpool.testbed.apiserver.model.Json;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WebhookTest {
    private static final String HOST = "admission.kube-system.svc";
    private static final String ADD_NOTE =
            "[{\"op\":\"add\",\"path\":\"/metadata/annotations\",\"value\":{\"note\":\"seen\"}}]";

    @TempDir
    Path directory;

    private final List<AutoCloseable> started = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable closeable : started.reversed()) {
            closeable.close();
        }
    }

    @Test
    void aMutatingWebhookBehindAServiceIsCalledOverVerifiedHttpsAndItsPatchApplied() throws Exception {
        WebhookDouble webhook = webhook(HOST, request -> WebhookDouble.patch(ADD_NOTE));
        ClusterFixture cluster = cluster(webhook);
        register(cluster, mutating(webhook).build());

        Pod created = cluster.create(pod("web").build());

        assertThat(created.getMetadata().getAnnotations()).containsEntry("note", "seen");
        JsonNode request = webhook.reviews().getFirst();
        assertThat(Json.text(request, "operation")).isEqualTo("CREATE");
        assertThat(Json.text(request, "resource", "resource")).isEqualTo("pods");
        assertThat(Json.text(request, "name")).isEqualTo("web");
        assertThat(Json.text(request, "userInfo", "username")).isEqualTo("kubernetes-admin");
        assertThat(Json.text(request, "object", "spec", "schedulerName")).isEqualTo("default-scheduler");
        assertThat(Json.text(request, "object", "metadata", "uid")).isEmpty();
        assertThat(request.path("oldObject").isNull()).isTrue();
    }

    @Test
    void aPodWhoseNameIsYetToBeGeneratedReachesTheWebhookWithoutOne() throws Exception {
        WebhookDouble webhook = webhook(HOST, request -> WebhookDouble.allow());
        ClusterFixture cluster = cluster(webhook);
        register(cluster, mutating(webhook).build());

        Pod created = cluster.create(pod("x").editMetadata()
                .withName(null)
                .withGenerateName("web-")
                .endMetadata()
                .build());

        assertThat(created.getMetadata().getName()).matches("web-[a-z0-9]{5}");
        assertThat(webhook.reviews().getFirst().has("name")).isFalse();
    }

    @Test
    void aCertificateForAnotherNameIsNotBelieved() throws Exception {
        WebhookDouble webhook = webhook("other.kube-system.svc", request -> WebhookDouble.allow());
        ClusterFixture cluster = cluster(webhook);
        register(cluster, mutating(webhook).build());

        assertThatThrownBy(() -> cluster.create(pod("web").build()))
                .isInstanceOfSatisfying(KubernetesClientException.class, e -> {
                    assertThat(e.getCode()).isEqualTo(500);
                    assertThat(e.getStatus().getMessage())
                            .contains("failed calling webhook \"pods.example.com\"")
                            .contains("https://admission.kube-system.svc:"
                                    + webhook.address().getPort() + "/mutate?timeout=5s");
                });
        assertThat(webhook.reviews()).isEmpty();
    }

    @Test
    void aCertificateThatTheBundleDoesNotVouchForIsNotBelieved() throws Exception {
        WebhookDouble webhook = webhook(HOST, request -> WebhookDouble.allow());
        WebhookDouble other = webhook(HOST, request -> WebhookDouble.allow());
        ClusterFixture cluster = cluster(webhook);
        register(
                cluster,
                mutating(webhook)
                        .editClientConfig()
                        .withCaBundle(other.caBundle())
                        .endClientConfig()
                        .build());

        assertThatThrownBy(() -> cluster.create(pod("web").build())).hasMessageContaining("failed calling webhook");
        assertThat(webhook.reviews()).isEmpty();
    }

    @Test
    void anUnreachableWebhookFailsTheRequestUnlessItsPolicyIsIgnore() throws Exception {
        WebhookDouble webhook = webhook(HOST, request -> WebhookDouble.allow());
        ClusterFixture cluster = cluster(webhook);
        webhook.close();
        register(cluster, mutating(webhook).build());
        failure(() -> cluster.create(pod("web").build()), 500, "InternalError", "failed calling webhook");

        register(cluster, mutating(webhook).withFailurePolicy("Ignore").build());
        assertThat(cluster.create(pod("web").build()).getMetadata().getUid()).isNotEmpty();
    }

    @Test
    void anAnswerThatComesTooLateIsAFailureUnlessThePolicyIsIgnore() throws Exception {
        CompletableFuture<ObjectNode> answer =
                new CompletableFuture<ObjectNode>().completeOnTimeout(WebhookDouble.patch(ADD_NOTE), 1, MINUTES);
        started.add(() -> answer.complete(WebhookDouble.allow()));
        WebhookDouble webhook = webhook(HOST, request -> answer.join());
        ClusterFixture cluster = cluster(webhook);
        register(cluster, mutating(webhook).withTimeoutSeconds(1).build());

        failure(
                () -> cluster.create(pod("web").build()),
                500,
                "InternalError",
                "/mutate?timeout=1s\": context deadline exceeded");

        register(
                cluster,
                mutating(webhook)
                        .withTimeoutSeconds(1)
                        .withFailurePolicy("Ignore")
                        .build());
        Pod created = cluster.create(pod("web").build());
        assertThat(created.getMetadata().getAnnotations()).isNullOrEmpty();
        assertThat(answer).isNotDone();
    }

    @Test
    void anAnswerThatBreaksTheContractIsAFailure() throws Exception {
        AtomicReference<String> answer = new AtomicReference<>("{}");
        WebhookDouble webhook = webhook(HOST, request -> Json.parseObject(answer.get()));
        ClusterFixture cluster = cluster(webhook);
        register(cluster, mutating(webhook).build());
        String failingOperation = Base64.getEncoder()
                .encodeToString("[{\"op\":\"test\",\"path\":\"/x\",\"value\":1}]".getBytes(StandardCharsets.US_ASCII));

        Map.of(
                        "'uid':'1'",
                        "expected response.uid=",
                        "'patch':'W10='",
                        "but not response.patchType",
                        "'patchType':'JSONPatch'",
                        "but not response.patch",
                        "'patch':'W10=','patchType':''",
                        "invalid response.patchType of \"\"",
                        "'patch':'" + failingOperation + "','patchType':'MergePatch'",
                        "unsupported patch type \"MergePatch\"",
                        "'patch':'[]','patchType':'JSONPatch'",
                        "is not base64",
                        "'patch':'W3s=','patchType':'JSONPatch'",
                        "is not JSON",
                        "'patch':'" + failingOperation + "','patchType':'JSONPatch'",
                        "cannot be applied")
                .forEach((fields, why) -> {
                    answer.set("{\"allowed\":true," + fields.replace('\'', '"') + "}");
                    failure(() -> cluster.create(pod("web").build()), 500, "InternalError", why);
                });
        assertThat(cluster.client.pods().list().getItems()).isEmpty();
    }

    @Test
    void eachWebhookSeesWhatThoseBeforeItMade() throws Exception {
        WebhookDouble first = webhook(HOST, request -> WebhookDouble.patch(ADD_NOTE));
        WebhookDouble second = webhook(HOST, request -> WebhookDouble.allow());
        ClusterFixture cluster = cluster(first);
        register(cluster, "b", mutating(second).build());
        register(cluster, "a", mutating(first).build());

        cluster.create(pod("web").build());

        assertThat(second.reviews()).singleElement().satisfies(request -> assertThat(
                        Json.text(request, "object", "metadata", "annotations", "note"))
                .isEqualTo("seen"));
        assertThat(first.reviews()).singleElement().satisfies(request -> assertThat(
                        Json.has(request, "object", "metadata", "annotations"))
                .isFalse());
    }

    @Test
    void aDenialCarriesTheWebhooksCodeAndMessage() throws Exception {
        WebhookDouble webhook = webhook(HOST, request -> WebhookDouble.deny(422, "gpumem is -1"));
        ClusterFixture cluster = cluster(webhook);
        register(cluster, mutating(webhook).build());

        assertThatThrownBy(() -> cluster.create(pod("web").build()))
                .isInstanceOfSatisfying(KubernetesClientException.class, e -> {
                    assertThat(e.getCode()).isEqualTo(422);
                    assertThat(e.getStatus().getMessage())
                            .isEqualTo("admission webhook \"pods.example.com\" denied the request: gpumem is -1");
                });
        assertThat(cluster.client.pods().list().getItems()).isEmpty();
    }

    @Test
    void warningsReachTheClientAsHeaders() throws Exception {
        WebhookDouble webhook = webhook(HOST, request -> {
            ObjectNode response = WebhookDouble.allow();
            response.putArray("warnings").add("say \"please\"");
            return response;
        });
        ClusterFixture cluster = cluster(webhook);
        register(cluster, mutating(webhook).build());

        HttpResponse<String> response = cluster.send(
                "POST",
                "/api/v1/namespaces/default/pods",
                "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"b\"}]}}");

        assertThat(response.statusCode()).isEqualTo(201);
        assertThat(response.headers().firstValue("Warning")).contains("299 - \"say \\\"please\\\"\"");
    }

    @Test
    void selectorsOfNamespaceAndObjectKeepOthersAway() throws Exception {
        WebhookDouble webhook = webhook(HOST, request -> WebhookDouble.patch(ADD_NOTE));
        ClusterFixture cluster = cluster(webhook);
        cluster.client
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("quiet")
                        .endMetadata()
                        .build())
                .create();
        register(
                cluster,
                mutating(webhook)
                        .withNewNamespaceSelector()
                        .addNewMatchExpression()
                        .withKey("kubernetes.io/metadata.name")
                        .withOperator("NotIn")
                        .withValues("quiet")
                        .endMatchExpression()
                        .endNamespaceSelector()
                        .withNewObjectSelector()
                        .addToMatchLabels("gpu", "yes")
                        .endObjectSelector()
                        .build());
        Map<String, String> labels = Map.of("gpu", "yes");

        cluster.create(pod("plain").build());
        cluster.create(pod("quiet")
                .editMetadata()
                .withNamespace("quiet")
                .withLabels(labels)
                .endMetadata()
                .build());
        cluster.create(
                pod("both").editMetadata().withLabels(labels).endMetadata().build());

        assertThat(webhook.reviews())
                .extracting(request -> Json.text(request, "name"))
                .containsExactly("both");
    }

    @Test
    void matchConditionsKeepOtherPodsAway() throws Exception {
        WebhookDouble webhook = webhook(HOST, request -> WebhookDouble.allow());
        ClusterFixture cluster = cluster(webhook);
        register(
                cluster,
                mutating(webhook)
                        .addNewMatchCondition("object.metadata.name.startsWith('gpu')", "gpu")
                        .build());

        cluster.create(pod("plain").build());
        cluster.create(pod("gpu-1").build());

        assertThat(webhook.reviews())
                .extracting(request -> Json.text(request, "name"))
                .containsExactly("gpu-1");
    }

    @Test
    void aValidatingWebhookSeesTheStoredFormAndMayRefuse() throws Exception {
        WebhookDouble webhook = webhook(
                HOST,
                request -> Json.text(request, "object", "metadata", "uid").isEmpty()
                        ? WebhookDouble.allow()
                        : WebhookDouble.deny(403, "no pods today"));
        ClusterFixture cluster = cluster(webhook);
        cluster.client
                .resource(new ValidatingWebhookConfigurationBuilder()
                        .withNewMetadata()
                        .withName("checks")
                        .endMetadata()
                        .addNewWebhook()
                        .withName("checks.example.com")
                        .withSideEffects("None")
                        .withAdmissionReviewVersions("v1")
                        .withNewClientConfig()
                        .withCaBundle(webhook.caBundle())
                        .withNewService(
                                "admission",
                                "kube-system",
                                "/validate",
                                webhook.address().getPort())
                        .endClientConfig()
                        .addNewRule()
                        .withApiGroups("")
                        .withApiVersions("v1")
                        .withOperations("CREATE")
                        .withResources("pods")
                        .endRule()
                        .endWebhook()
                        .build())
                .create();

        assertThatThrownBy(() -> cluster.create(pod("web").build())).hasMessageContaining("no pods today");
        assertThat(cluster.client.pods().list().getItems()).isEmpty();
    }

    private WebhookDouble webhook(String host, Function<JsonNode, ObjectNode> respond) throws Exception {
        WebhookDouble webhook = new WebhookDouble(directory, host, respond);
        started.add(webhook);
        return webhook;
    }

    private ClusterFixture cluster(WebhookDouble webhook) {
        ClusterFixture cluster = new ClusterFixture();
        cluster.client
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withNamespace("kube-system")
                        .withName("admission")
                        .endMetadata()
                        .withNewSpec()
                        .withType("ExternalName")
                        .withExternalName(webhook.address().getHostString())
                        .endSpec()
                        .build())
                .create();
        started.add(cluster);
        return cluster;
    }

    private static MutatingWebhookBuilder mutating(WebhookDouble webhook) {
        return new MutatingWebhookBuilder()
                .withName("pods.example.com")
                .withSideEffects("None")
                .withAdmissionReviewVersions("v1")
                .withTimeoutSeconds(5)
                .withNewClientConfig()
                .withCaBundle(webhook.caBundle())
                .withNewService(
                        "admission", "kube-system", "/mutate", webhook.address().getPort())
                .endClientConfig()
                .addNewRule()
                .withApiGroups("")
                .withApiVersions("v1")
                .withOperations("CREATE")
                .withResources("pods")
                .endRule();
    }

    private static void register(ClusterFixture cluster, MutatingWebhook webhook) {
        register(cluster, "hooks", webhook);
    }

    private static void register(ClusterFixture cluster, String name, MutatingWebhook webhook) {
        cluster.client
                .resource(new MutatingWebhookConfigurationBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withWebhooks(webhook)
                        .build())
                .createOr(replace -> replace.update());
    }
}
