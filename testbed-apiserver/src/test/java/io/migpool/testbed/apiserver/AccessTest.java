package io.migpool.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.testbed.apiserver.access.RequestRecord;
import io.migpool.testbed.apiserver.model.Json;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessTest {
    private static final String RBAC = "/apis/rbac.authorization.k8s.io/v1/";
    private static final String PROGRAM = "Java-http-client";
    private static final String USER = "system:serviceaccount:kube-system:extender";

    private final ClusterFixture cluster = new ClusterFixture();

    @BeforeEach
    void grantReadingPodsAndBinding() throws Exception {
        create(
                RBAC + "clusterroles",
                "{\"metadata\":{\"name\":\"extender\"},\"rules\":["
                        + "{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[\"get\",\"list\",\"watch\"]},"
                        + "{\"apiGroups\":[\"\"],\"resources\":[\"pods/binding\"],\"verbs\":[\"create\"]},"
                        + "{\"apiGroups\":[\"\"],\"resources\":[\"configmaps\"],\"resourceNames\":[\"mine\"],"
                        + "\"verbs\":[\"get\"]}]}");
        create(
                RBAC + "clusterrolebindings",
                "{\"metadata\":{\"name\":\"extender\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"extender\"},"
                        + "\"subjects\":[{\"kind\":\"ServiceAccount\",\"namespace\":\"kube-system\",\"name\":\"extender\"}]}");
        create(
                RBAC + "namespaces/kube-system/roles",
                "{\"metadata\":{\"name\":\"leader\"},\"rules\":[{\"apiGroups\":[\"coordination.k8s.io\"],"
                        + "\"resources\":[\"leases\"],\"verbs\":[\"*\"]}]}");
        create(
                RBAC + "namespaces/kube-system/rolebindings",
                "{\"metadata\":{\"name\":\"leader\"},\"roleRef\":{\"kind\":\"Role\",\"name\":\"leader\"},"
                        + "\"subjects\":[{\"kind\":\"ServiceAccount\",\"name\":\"extender\"}]}");
        cluster.server.access().enforceRbac();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void anAccountMayDoWhatItsRolesSayAndNothingElse() throws Exception {
        assertThat(status("GET", "/api/v1/pods", "")).isEqualTo(200);
        assertThat(status("GET", "/api/v1/namespaces/default/configmaps/mine", ""))
                .isEqualTo(404);
        assertThat(status("GET", "/api/v1/namespaces/default/configmaps/other", ""))
                .isEqualTo(403);
        assertThat(status("GET", "/api/v1/namespaces/default/configmaps", "")).isEqualTo(403);
        assertThat(status("GET", "/api/v1/namespaces/default/configmaps?fieldSelector=metadata.name%3Dmine", ""))
                .as("only get is granted")
                .isEqualTo(403);
        assertThat(status("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", ""))
                .isEqualTo(200);
        assertThat(status("GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases", ""))
                .isEqualTo(403);
        assertThat(status("POST", "/api/v1/namespaces/default/pods", "{}")).isEqualTo(403);
        assertThat(status(
                        "POST",
                        "/api/v1/namespaces/default/pods/ghost/binding",
                        "{\"metadata\":{\"name\":\"ghost\"},\"target\":{\"name\":\"n\"}}"))
                .isEqualTo(404);
    }

    @Test
    void aListOfTheOneObjectThatARuleNamesIsAllowed() throws Exception {
        create(
                RBAC + "namespaces/default/roles",
                "{\"metadata\":{\"name\":\"one\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":[\"secrets\"],"
                        + "\"resourceNames\":[\"tls\"],\"verbs\":[\"list\"]}]}");
        create(
                RBAC + "namespaces/default/rolebindings",
                "{\"metadata\":{\"name\":\"one\"},\"roleRef\":{\"kind\":\"Role\",\"name\":\"one\"},"
                        + "\"subjects\":[{\"kind\":\"ServiceAccount\",\"namespace\":\"kube-system\",\"name\":\"extender\"}]}");
        String secrets = "/api/v1/namespaces/default/secrets";

        assertThat(status("GET", secrets + "?fieldSelector=metadata.name%3Dtls&limit=5", ""))
                .isEqualTo(200);
        assertThat(status("GET", secrets + "?fieldSelector=metadata.name%3Dother", ""))
                .isEqualTo(403);
        assertThat(status("GET", secrets + "?fieldSelector=metadata.name%21%3Dtls", ""))
                .isEqualTo(403);
        assertThat(status("GET", secrets, "")).isEqualTo(403);
    }

    @ParameterizedTest
    @CsvSource({
        "'', pods, '', list, true",
        "'', pods, binding, create, true",
        "'', pods, '', delete, false",
        "coordination.k8s.io, leases, '', update, true",
        "apps, ghosts, '', get, false"
    })
    void anAccountMayAskWhatItMayDo(String group, String resource, String subresource, String verb, boolean allowed)
            throws Exception {
        HttpResponse<String> response =
                asExtender("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", """
                {"spec": {"resourceAttributes": {"namespace": "kube-system", "group": "%s", "resource": "%s",
                  "subresource": "%s", "verb": "%s"}}}
                """.formatted(
                                group, resource, subresource, verb));

        assertThat(response.statusCode()).isEqualTo(201);
        assertThat(Json.flag(Json.parse(response.body()), "status", "allowed")).isEqualTo(allowed);
    }

    @Test
    void refusalsAreRecorded() throws Exception {
        asExtender("DELETE", "/api/v1/namespaces/default/pods/web", "");

        assertThat(cluster.server.access().refusals())
                .containsOnlyKeys(new RequestRecord(USER, PROGRAM, "delete", "", "pods", "default"));
    }

    @Test
    void bindingsOfACollectionNeedTheRightToCreateBindings() throws Exception {
        HttpResponse<String> response = asExtender(
                "POST",
                "/api/v1/namespaces/default/bindings",
                "{\"metadata\":{\"name\":\"ghost\"},\"target\":{\"name\":\"n\"}}");

        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(response.body()).contains("cannot create resource \\\"bindings\\\" in API group \\\"\\\"");
    }

    @Test
    void aRefusalNamesAccountVerbResourceAndPlace() throws Exception {
        HttpResponse<String> response = asExtender("DELETE", "/api/v1/namespaces/default/pods/web", "");

        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(Json.text(Json.parse(response.body()), "message"))
                .isEqualTo("pods \"web\" is forbidden: User \"" + USER
                        + "\" cannot delete resource \"pods\" in API group" + " \"\" in the namespace \"default\"");
    }

    @Test
    void theAdministratorMayDoEverything() throws Exception {
        assertThat(cluster.send("DELETE", "/api/v1/namespaces/default/pods", "").statusCode())
                .isEqualTo(200);
    }

    @Test
    void anUnknownTokenIsNobody() throws Exception {
        HttpResponse<String> response =
                cluster.send("GET", "/api/v1/pods", "", Map.of("Authorization", "Bearer made-up"));

        assertThat(response.statusCode()).isEqualTo(401);
    }

    @Test
    void everyRequestIsRecordedUnderItsAccount() throws Exception {
        cluster.server.access().forgetRequests();
        asExtender("GET", "/api/v1/pods", "");
        asExtender("GET", "/api/v1/pods", "");
        asExtender("PATCH", "/api/v1/namespaces/default/pods/web", "{}");

        assertThat(cluster.server.access().requests())
                .containsOnly(
                        Map.entry(new RequestRecord(USER, PROGRAM, "list", "", "pods", ""), 2L),
                        Map.entry(new RequestRecord(USER, PROGRAM, "patch", "", "pods", "default"), 1L));
    }

    @Test
    void programsOfOneAccountAreToldApart() throws Exception {
        cluster.server.access().forgetRequests();
        cluster.send(
                "GET",
                "/api/v1/pods",
                "",
                Map.of(
                        "Authorization",
                        "Bearer " + cluster.server.token("kube-system", "extender"),
                        "User-Agent",
                        "kube-scheduler/v1.36.2 (linux/amd64) kubernetes/abc/scheduler"));

        assertThat(cluster.server.access().requests())
                .containsOnlyKeys(new RequestRecord(USER, "kube-scheduler", "list", "", "pods", ""));
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/pods, 200",
        "/apis/policy/v1/poddisruptionbudgets, 200",
        "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication, 404",
        "/api/v1/namespaces/kube-system/configmaps/other, 403",
        "/api/v1/secrets, 403"
    })
    void theRolesOfKubernetesGrantWhatAKubeSchedulerNeeds(String path, int expected) throws Exception {
        String subjects =
                "\"subjects\":[{\"kind\":\"ServiceAccount\",\"namespace\":\"kube-system\",\"name\":\"mine\"}]";
        create(
                RBAC + "clusterrolebindings",
                "{\"metadata\":{\"name\":\"mine\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"system:kube-scheduler\"},"
                        + subjects + "}");
        create(
                RBAC + "namespaces/kube-system/rolebindings",
                "{\"metadata\":{\"name\":\"mine\"},\"roleRef\":{\"kind\":\"Role\","
                        + "\"name\":\"extension-apiserver-authentication-reader\"}," + subjects + "}");

        assertThat(cluster.send(
                                "GET",
                                path,
                                "",
                                Map.of("Authorization", "Bearer " + cluster.server.token("kube-system", "mine")))
                        .statusCode())
                .isEqualTo(expected);
    }

    private int status(String method, String path, String body) throws Exception {
        return asExtender(method, path, body).statusCode();
    }

    private HttpResponse<String> asExtender(String method, String path, String body) throws Exception {
        return cluster.send(
                method,
                path,
                body,
                Map.of("Authorization", "Bearer " + cluster.server.token("kube-system", "extender")));
    }

    private void create(String path, String body) throws Exception {
        assertThat(cluster.send("POST", path, body).statusCode()).isEqualTo(201);
    }
}
