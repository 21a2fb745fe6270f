package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.failure;
import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Create, read and update: identity, versions, conflicts, status apart from the desired state. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ObjectLifecycleTest {
    private final ClusterFixture cluster = new ClusterFixture();

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void aNewObjectGetsIdentityVersionAndAge() {
        Pod created = cluster.create(pod("identity").build());

        assertThat(created.getMetadata().getUid()).hasSize(36);
        assertThat(created.getMetadata().getResourceVersion()).matches("[0-9]+");
        assertThat(created.getMetadata().getCreationTimestamp()).endsWith("Z");
        assertThat(created.getMetadata().getGeneration()).isEqualTo(1);
    }

    @Test
    void aGeneratedNameIsFiveRandomCharactersAfterThePrefix() {
        ConfigMap created = cluster.client
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withGenerateName("settings-")
                        .endMetadata()
                        .build())
                .create();

        assertThat(created.getMetadata().getName()).matches("settings-[bcdfghjklmnpqrstvwxz2456789]{5}");
    }

    @Test
    void aSecondObjectOfTheSameNameIsRefusedAsAlreadyExisting() {
        cluster.create(pod("twin").build());

        failure(() -> cluster.create(pod("twin").build()), 409, "AlreadyExists", "pods \"twin\" already exists");
    }

    @Test
    void whatIsNotThereIsNotFound() throws Exception {
        HttpResponse<String> response = cluster.send("GET", "/api/v1/namespaces/default/pods/ghost", "");

        assertThat(response.statusCode()).isEqualTo(404);
        JsonNode status = Json.parse(response.body());
        assertThat(Json.text(status, "kind")).isEqualTo("Status");
        assertThat(Json.text(status, "reason")).isEqualTo("NotFound");
        assertThat(Json.text(status, "message")).isEqualTo("pods \"ghost\" not found");
        assertThat(Json.text(status, "details", "name")).isEqualTo("ghost");
    }

    @Test
    void nothingIsCreatedInANamespaceThatDoesNotExist() {
        failure(
                () -> cluster.create(pod("lost")
                        .editMetadata()
                        .withNamespace("nowhere")
                        .endMetadata()
                        .build()),
                404,
                "NotFound",
                "namespaces \"nowhere\" not found");
    }

    @Test
    void theSystemNamespacesAreThereAndOthersCanBeMade() {
        cluster.client
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("team-a")
                        .endMetadata()
                        .build())
                .create();

        assertThat(cluster.client.namespaces().list().getItems())
                .extracting(namespace -> namespace.getMetadata().getName())
                .contains("default", "kube-system", "kube-public", "kube-node-lease", "team-a");
        assertThat(cluster.client
                        .namespaces()
                        .withName("team-a")
                        .get()
                        .getStatus()
                        .getPhase())
                .isEqualTo("Active");
    }

    @Test
    void anUpdateOfAnOldVersionIsAConflict() {
        ConfigMap created = configMap("stale");
        cluster.client
                .resource(new ConfigMapBuilder(created).addToData("a", "1").build())
                .update();

        failure(
                () -> cluster.client
                        .resource(new ConfigMapBuilder(created)
                                .addToData("a", "2")
                                .build())
                        .lockResourceVersion(created.getMetadata().getResourceVersion())
                        .update(),
                409,
                "Conflict",
                "Operation cannot be fulfilled on configmaps \"stale\": the object has been modified; please apply"
                        + " your changes to the latest version and try again");
    }

    @Test
    void anUpdateThatChangesNothingKeepsTheVersion() {
        ConfigMap created = configMap("same");

        ConfigMap updated = cluster.client.resource(created).update();

        assertThat(updated.getMetadata().getResourceVersion())
                .isEqualTo(created.getMetadata().getResourceVersion());
    }

    @Test
    void aLeaseIsNotUpdatedWithoutSayingWhichVersion() throws Exception {
        cluster.client
                .resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withName("leader")
                        .endMetadata()
                        .build())
                .create();

        HttpResponse<String> response = cluster.send(
                "PUT",
                "/apis/coordination.k8s.io/v1/namespaces/default/leases/leader",
                "{\"metadata\":{\"name\":\"leader\"},\"spec\":{\"holderIdentity\":\"me\"}}");

        assertThat(response.statusCode()).isEqualTo(422);
        assertThat(response.body()).contains("metadata.resourceVersion: Invalid value: 0: must be specified");
    }

    @Test
    void anUpdateOfTheObjectLeavesTheStatusAndTheStatusLeavesTheRest() {
        Deployment created = cluster.client
                .resource(new DeploymentBuilder()
                        .withNewMetadata()
                        .withName("split")
                        .endMetadata()
                        .withNewSpec()
                        .withNewSelector()
                        .addToMatchLabels("a", "1")
                        .endSelector()
                        .withNewTemplate()
                        .withNewMetadata()
                        .addToLabels("a", "1")
                        .endMetadata()
                        .withSpec(pod("x").build().getSpec())
                        .endTemplate()
                        .endSpec()
                        .build())
                .create();

        Deployment asked = new DeploymentBuilder(created)
                .editSpec()
                .withReplicas(7)
                .endSpec()
                .withNewStatus()
                .withReadyReplicas(3)
                .endStatus()
                .build();
        Deployment afterStatus = cluster.client.resource(asked).updateStatus();
        assertThat(afterStatus.getSpec().getReplicas()).isEqualTo(1);
        assertThat(afterStatus.getStatus().getReadyReplicas()).isEqualTo(3);
        assertThat(afterStatus.getMetadata().getGeneration()).isEqualTo(1);

        asked.getStatus().setReadyReplicas(5);
        asked.getMetadata().setResourceVersion(null);
        Deployment afterSpec = cluster.client.resource(asked).update();
        assertThat(afterSpec.getSpec().getReplicas()).isEqualTo(7);
        assertThat(afterSpec.getStatus().getReadyReplicas()).isEqualTo(3);
        assertThat(afterSpec.getMetadata().getGeneration()).isEqualTo(2);
    }

    @Test
    void aNodeMayComeWithItsStatusAndAPodMayNot() {
        Node node = cluster.client
                .resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node-a")
                        .endMetadata()
                        .withNewStatus()
                        .addToCapacity("nvidia.com/gpu", new Quantity("8"))
                        .endStatus()
                        .build())
                .create();
        Pod pod = cluster.create(pod("ambitious")
                .withNewStatus()
                .withPhase("Running")
                .endStatus()
                .build());

        assertThat(node.getStatus().getAllocatable()).containsEntry("nvidia.com/gpu", new Quantity("8"));
        assertThat(pod.getStatus().getPhase()).isEqualTo("Pending");
    }

    @Test
    void aPodsLabelsMayChangeWithItsStatus() {
        Pod created = cluster.create(pod("labelled").build());

        Pod updated = cluster.client.resource(created).editStatus(old -> new PodBuilder(old)
                .editMetadata()
                .addToAnnotations("uuid", "MIG-1")
                .endMetadata()
                .editStatus()
                .withPhase("Running")
                .endStatus()
                .build());

        assertThat(updated.getStatus().getPhase()).isEqualTo("Running");
        assertThat(updated.getMetadata().getAnnotations()).containsEntry("uuid", "MIG-1");
    }

    @Test
    void theSpecificationOfAPodIsFixedButForImageAndTolerations() {
        Pod created = cluster.create(pod("fixed").build());
        created.getSpec().getContainers().getFirst().setImage("busybox:2");
        Pod updated = cluster.client.resource(created).update();
        assertThat(updated.getSpec().getContainers().getFirst().getImage()).isEqualTo("busybox:2");

        updated.getSpec().setNodeName("node-a");
        failure(
                () -> cluster.client.resource(updated).update(),
                422,
                "Invalid",
                "spec: Forbidden: pod updates may not change fields other than");
    }

    @Test
    void aDryRunAnswersAsIfAndStoresNothing() {
        Pod created = cluster.client.resource(pod("imagined").build()).dryRun().create();

        assertThat(created.getMetadata().getUid()).isNotEmpty();
        assertThat(cluster.client.pods().withName("imagined").get()).isNull();
    }

    @Test
    void namesAndLabelsFollowTheRules() {
        failure(() -> cluster.create(pod("Web_1").build()), 422, "Invalid", "metadata.name: Invalid value: \"Web_1\"");
        failure(
                () -> cluster.create(pod("l").editMetadata()
                        .addToLabels("app", "no spaces")
                        .endMetadata()
                        .build()),
                422,
                "Invalid",
                "metadata.labels: Invalid value: \"no spaces\"");
    }

    @Test
    void theBodyMustBeOfTheTypeInThePath() throws Exception {
        HttpResponse<String> response = cluster.send(
                "POST",
                "/api/v1/namespaces/default/pods",
                "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"x\"}}");

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("do not match the expected (v1, Pod)");
    }

    @Test
    void whatIsNotServedIsRefusedWithASentence() throws Exception {
        cluster.create(pod("quiet").build());
        assertThat(cluster.send("GET", "/api/v1/namespaces/default/pods/quiet/log", "")
                        .body())
                .contains("pods/log is not served");
        assertThat(cluster.send("GET", "/apis/example.com/v1/things", "").statusCode())
                .isEqualTo(404);
    }

    @Test
    void everyKindOfTheTableCanBeCreatedListedAndDeleted() throws Exception {
        for (ResourceKind kind : List.copyOf(ResourceKinds.all())) {
            String collection = (kind.group().isEmpty() ? "/api/v1/" : "/apis/" + kind.apiVersion() + "/")
                    + (kind.namespaced() ? "namespaces/kube-public/" : "")
                    + kind.plural();
            String body = "{\"metadata\": {\"name\": \"each\"}, " + typical(kind) + "}";
            HttpResponse<String> created = cluster.send("POST", collection, body);
            assertThat(created.statusCode()).as(collection + created.body()).isEqualTo(201);
            JsonNode list = Json.parse(cluster.send("GET", collection, "").body());
            assertThat(Json.text(list, "kind")).isEqualTo(kind.kind() + "List");
            assertThat(Json.items(list, "items")).as(collection).anyMatch(item -> Json.text(item, "metadata", "name")
                    .equals("each"));
            assertThat(cluster.send("DELETE", collection + "/each", "").statusCode())
                    .as(collection)
                    .isEqualTo(200);
        }
    }

    /** What an object of the kind must have beside its name. */
    private static String typical(ResourceKind kind) {
        String pod = "{'metadata': {'labels': {'a': '1'}}, 'spec': {'restartPolicy': '%s',"
                + " 'containers': [{'name': 'a', 'image': 'b'}]}}";
        String role = "{'apiGroup': 'rbac.authorization.k8s.io', 'kind': 'ClusterRole', 'name': 'a'}";
        String workload =
                "'spec': {'selector': {'matchLabels': {'a': '1'}}, 'template': " + pod.formatted("Always") + "}";
        String job = "{'template': " + pod.formatted("Never") + "}";
        String event = "'action': 'a', 'reason': 'b', 'type': 'Normal', 'eventTime': '2026-01-01T00:00:00.000000Z',"
                + " 'reportingInstance': 'd', ";
        String fields =
                switch (kind.plural()) {
                    case "pods" -> "'spec': {'containers': [{'name': 'a', 'image': 'b'}]}";
                    case "services" -> "'spec': {'ports': [{'port': 80}]}";
                    case "deployments", "daemonsets", "statefulsets", "replicasets" -> workload;
                    case "jobs" -> "'spec': " + job;
                    case "cronjobs" -> "'spec': {'schedule': '* * * * *', 'jobTemplate': {'spec': " + job + "}}";
                    case "events" ->
                        event
                                + (kind.group().isEmpty()
                                        ? "'involvedObject': {'namespace': 'kube-public'}, 'reportingComponent': 'c'"
                                        : "'regarding': {'namespace': 'kube-public'}, 'reportingController': 'c'");
                    case "validatingadmissionpolicies" ->
                        "'spec': {'matchConstraints': {'resourceRules': [{'apiGroups': [''], 'apiVersions': ['v1'],"
                                + " 'operations': ['*'], 'resources': ['pods']}]}, 'validations': [{'expression': 'true'}]}";
                    case "validatingadmissionpolicybindings" ->
                        "'spec': {'policyName': 'each', 'validationActions': ['Audit']}";
                    case "rolebindings", "clusterrolebindings" -> "'roleRef': " + role;
                    case "runtimeclasses" -> "'handler': 'a'";
                    case "networkpolicies" -> "'spec': {'podSelector': {}}";
                    default -> "'metadata': {'name': 'each'}";
                };
        return fields.replace('\'', '"');
    }

    private ConfigMap configMap(String name) {
        return cluster.client
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
    }
}
