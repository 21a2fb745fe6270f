package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.patch.StrategicMerge;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PatchTest {
    private static final String JSON = "application/json-patch+json";
    private static final String MERGE = "application/merge-patch+json";
    private static final String STRATEGIC = "application/strategic-merge-patch+json";

    private final ClusterFixture cluster = new ClusterFixture();

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void nullInAMergePatchDeletesTheKey() {
        cluster.create(pod("null-merge")
                .editMetadata()
                .addToAnnotations("gone", "1")
                .addToAnnotations("kept", "2")
                .endMetadata()
                .build());

        Pod patched = cluster.client
                .pods()
                .withName("null-merge")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"metadata\":{\"annotations\":{\"gone\":null,\"new\":\"3\"}}}");

        assertThat(patched.getMetadata().getAnnotations()).containsOnly(Map.entry("kept", "2"), Map.entry("new", "3"));
    }

    @Test
    void aMergePatchMayCarryTheVersionItStartsFrom() throws Exception {
        Pod created = cluster.create(pod("versioned").build());
        String version = created.getMetadata().getResourceVersion();
        String patch = "{\"metadata\":{\"resourceVersion\":\"" + version + "\",\"annotations\":{\"a\":\"%s\"}}}";

        assertThat(patch("versioned", MERGE, patch.formatted("1")).statusCode()).isEqualTo(200);
        HttpResponse<String> second = patch("versioned", MERGE, patch.formatted("2"));

        assertThat(second.statusCode()).isEqualTo(409);
        assertThat(Json.text(Json.parse(second.body()), "reason")).isEqualTo("Conflict");
    }

    @Test
    void aMergePatchMayCarryTheUidItIsMeantFor() throws Exception {
        Pod created = cluster.create(pod("meant").build());
        String patch = "{\"metadata\":{\"uid\":\"%s\",\"annotations\":{\"a\":\"1\"}}}";

        HttpResponse<String> refused = patch("meant", MERGE, patch.formatted("other"));

        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body()).contains("metadata.uid: Invalid value: \\\"other\\\": field is immutable");
        assertThat(patch("meant", MERGE, patch.formatted(created.getMetadata().getUid()))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aPatchOfAPodsStatusKeepsItsOwners() throws Exception {
        cluster.create(pod("owned")
                .editMetadata()
                .addNewOwnerReference()
                .withApiVersion("apps/v1")
                .withKind("ReplicaSet")
                .withName("owner")
                .withUid("00000000-0000-4000-8000-000000000000")
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .build());

        HttpResponse<String> response =
                patch("owned/status", MERGE, "{\"metadata\":{\"ownerReferences\":null,\"annotations\":{\"a\":\"1\"}}}");

        JsonNode patched = Json.parse(response.body());
        assertThat(Json.items(patched, "metadata", "ownerReferences")).hasSize(1);
        assertThat(Json.strings(patched, "metadata", "annotations")).containsEntry("a", "1");
    }

    @Test
    void aJsonPatchIsAppliedInOrder() throws Exception {
        cluster.create(pod("ordered").build());

        JsonNode patched = Json.parse(patch(
                        "ordered",
                        JSON,
                        "[{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":{}},"
                                + "{\"op\":\"add\",\"path\":\"/metadata/labels/a~1b\",\"value\":\"1\"}]")
                .body());

        assertThat(Json.strings(patched, "metadata", "labels")).containsOnly(Map.entry("a/b", "1"));
    }

    @Test
    void aJsonPatchWhoseTestFailsChangesNothing() throws Exception {
        cluster.create(pod("tested").build());

        HttpResponse<String> response = patch(
                "tested",
                JSON,
                "[{\"op\":\"test\",\"path\":\"/metadata/name\",\"value\":\"other\"},"
                        + "{\"op\":\"add\",\"path\":\"/metadata/annotations\",\"value\":{\"a\":\"1\"}}]");

        assertThat(response.statusCode()).isEqualTo(422);
        assertThat(Json.text(Json.parse(response.body()), "reason")).isEqualTo("Invalid");
        assertThat(cluster.client.pods().withName("tested").get().getMetadata().getAnnotations())
                .isNullOrEmpty();
    }

    @Test
    void aStrategicPatchMergesListsByTheirKeysAndDeletesByDirective() throws Exception {
        cluster.create(pod("strategic")
                .editSpec()
                .addNewContainer()
                .withName("side")
                .withImage("side:1")
                .endContainer()
                .endSpec()
                .editMetadata()
                .withFinalizers("example.com/a")
                .endMetadata()
                .build());

        JsonNode patched = Json.parse(patch(
                        "strategic",
                        STRATEGIC,
                        "{\"metadata\":{\"finalizers\":[\"example.com/b\"]},"
                                + "\"spec\":{\"containers\":[{\"name\":\"side\",\"image\":\"side:2\"}]}}")
                .body());

        assertThat(Json.items(patched, "spec", "containers"))
                .extracting(container -> Json.text(container, "image"))
                .containsExactly("busybox:1", "side:2");
        assertThat(Json.texts(patched, "metadata", "finalizers")).containsExactly("example.com/a", "example.com/b");

        JsonNode unheld = Json.parse(patch(
                        "strategic",
                        STRATEGIC,
                        "{\"metadata\":{\"$deleteFromPrimitiveList/finalizers\":[\"example.com/a\",\"example.com/b\"]}}")
                .body());
        assertThat(unheld.path("metadata").has("finalizers")).isFalse();
    }

    @Test
    void conditionsAreMergedByType() throws Exception {
        cluster.create(pod("conditions").build());
        String path = "/api/v1/namespaces/default/pods/conditions/status";
        for (String status : new String[] {"False", "True"}) {
            cluster.send(
                    "PATCH",
                    path,
                    "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"" + status + "\"}," + "{\"type\":\""
                            + status + "Only\",\"status\":\"True\"}]}}",
                    Map.of("Content-Type", STRATEGIC));
        }

        assertThat(cluster.client
                        .pods()
                        .withName("conditions")
                        .get()
                        .getStatus()
                        .getConditions())
                .extracting(condition -> condition.getType() + "=" + condition.getStatus())
                .containsExactly("Ready=True", "FalseOnly=True", "TrueOnly=True");
    }

    @Test
    void aStrategicPatchOfAListWithoutAKeyReplacesIt() {
        var before = Json.parseObject("{\"kind\":\"Pod\",\"spec\":{\"tolerations\":[{\"key\":\"a\"}]}}");

        var after = StrategicMerge.apply(before, Json.parseObject("{\"spec\":{\"tolerations\":[{\"key\":\"b\"}]}}"));

        assertThat(after.toString()).isEqualTo("{\"kind\":\"Pod\",\"spec\":{\"tolerations\":[{\"key\":\"b\"}]}}");
    }

    @Test
    void aStrategicPatchKnowsItsDirectives() {
        var before = Json.parseObject(
                "{\"kind\":\"Pod\",\"spec\":{\"volumes\":[{\"name\":\"a\",\"emptyDir\":{}},"
                        + "{\"name\":\"b\",\"emptyDir\":{}}],\"securityContext\":{\"runAsUser\":1},\"nodeSelector\":{\"x\":\"1\"}}}");

        var after = StrategicMerge.apply(
                before,
                Json.parseObject("{\"spec\":{\"$setElementOrder/volumes\":[{\"name\":\"c\"},{\"name\":\"b\"}],"
                        + "\"volumes\":[{\"name\":\"a\",\"$patch\":\"delete\"},{\"name\":\"b\",\"$retainKeys\":[\"name\","
                        + "\"hostPath\"],\"hostPath\":{\"path\":\"/b\"}},{\"name\":\"c\",\"emptyDir\":{}}],"
                        + "\"securityContext\":{\"$patch\":\"replace\",\"runAsGroup\":2},\"nodeSelector\":null}}"));

        assertThat(after.toString())
                .isEqualTo("{\"kind\":\"Pod\",\"spec\":{\"volumes\":[{\"name\":\"c\",\"emptyDir\":{}},"
                        + "{\"name\":\"b\",\"hostPath\":{\"path\":\"/b\"}}],\"securityContext\":{\"runAsGroup\":2}}}");
    }

    @Test
    void fabric8EditsAreSentAsJsonPatches() {
        cluster.create(pod("edited").build());

        Pod edited = cluster.client.pods().withName("edited").edit(old -> {
            old.getMetadata().setAnnotations(Map.of("b", "2"));
            return old;
        });

        assertThat(edited.getMetadata().getAnnotations()).containsEntry("b", "2");
    }

    @Test
    void serverSideApplyIsRefusedWithAHint() throws Exception {
        HttpResponse<String> response =
                patch("any", "application/apply-patch+yaml", "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}");

        assertThat(response.statusCode()).isEqualTo(415);
        assertThat(response.body()).contains("server-side apply is not served");
    }

    @Test
    void yamlIsRefusedWithAHint() throws Exception {
        HttpResponse<String> response = cluster.send(
                "POST",
                "/api/v1/namespaces/default/configmaps",
                "metadata: {name: map}",
                Map.of("Content-Type", "application/yaml"));

        assertThat(response.statusCode()).isEqualTo(415);
        assertThat(response.body())
                .contains("application/yaml is not served by this API server double; send application/json");
    }

    private HttpResponse<String> patch(String name, String type, String body) throws Exception {
        return cluster.send("PATCH", "/api/v1/namespaces/default/pods/" + name, body, Map.of("Content-Type", type));
    }
}
