package io.migpool.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.testbed.apiserver.model.Json;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyTest {
    private static final String GROUP = "/apis/admissionregistration.k8s.io/v1/";
    private static final String OURS = "system:serviceaccount:kube-system:agent";

    private final ClusterFixture cluster = new ClusterFixture();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void aPolicyRefusesWithItsReasonAndMessage() throws Exception {
        policy("""
                "validations":[{"expression":"!has(object.metadata.annotations) || \
                !('reserved' in object.metadata.annotations) || request.userInfo.username == '%s'",\
                "message":"reserved is ours","reason":"Forbidden"}]\
                """.formatted(OURS));
        bind("\"Deny\"");

        HttpResponse<String> refused = create("taken", "{\"reserved\":\"1\"}", Map.of());
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(Json.text(Json.parse(refused.body()), "message"))
                .isEqualTo("pods \"taken\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request:"
                        + " reserved is ours");
        assertThat(create("free", "{\"other\":\"1\"}", Map.of()).statusCode()).isEqualTo(201);
        assertThat(create(
                                "ours",
                                "{\"reserved\":\"1\"}",
                                Map.of("Authorization", "Bearer " + cluster.server.token("kube-system", "agent")))
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void aPolicyWithoutABindingDoesNothing() throws Exception {
        policy("\"validations\":[{\"expression\":\"false\"}]");

        assertThat(create("any", "{}", Map.of()).statusCode()).isEqualTo(201);
    }

    @Test
    void aBindingMayOnlyWarn() throws Exception {
        policy("\"validations\":[{\"expression\":\"false\",\"messageExpression\":\"'seen ' + object.metadata.name\"}]");
        bind("\"Warn\"");

        HttpResponse<String> response = create("warned", "{}", Map.of());

        assertThat(response.statusCode()).isEqualTo(201);
        assertThat(response.headers().firstValue("Warning"))
                .contains(
                        "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': seen warned\"");
    }

    @Test
    void variablesAreEvaluatedWhenTheyAreNeeded() throws Exception {
        policy("\"variables\":[{\"name\":\"broken\",\"expression\":\"object.no.such.field\"},"
                + "{\"name\":\"notes\",\"expression\":\"object.metadata.?annotations.orValue({})\"}],"
                + "\"validations\":[{\"expression\":\"variables.notes[?'node'].orValue('') == "
                + "request.userInfo.?extra['authentication.kubernetes.io/node-name'][0].orValue('')\"}]");
        bind("\"Deny\"");

        String token = cluster.server.token("kube-system", "agent", "node-a");
        Map<String, String> headers = Map.of("Authorization", "Bearer " + token);
        assertThat(create("mine", "{\"node\":\"node-a\"}", headers).statusCode())
                .isEqualTo(201);
        assertThat(create("other", "{\"node\":\"node-b\"}", headers).statusCode())
                .isEqualTo(422);
        assertThat(create("nobody", "{}", Map.of()).statusCode()).isEqualTo(201);
    }

    @ParameterizedTest
    @CsvSource({"Fail, 422", "Ignore, 201"})
    void anExpressionThatCannotBeEvaluatedFollowsTheFailurePolicy(String failurePolicy, int code) throws Exception {
        policy("\"failurePolicy\":\"" + failurePolicy
                + "\",\"validations\":[{\"expression\":\"object.no.such.field == 1\"}]");
        bind("\"Deny\"");

        assertThat(create("odd", "{}", Map.of()).statusCode()).isEqualTo(code);
    }

    @Test
    void matchConditionsKeepOthersAway() throws Exception {
        policy("\"matchConditions\":[{\"name\":\"gpu\",\"expression\":\"object.spec.containers.exists(c, "
                + "has(c.resources.limits) && c.resources.limits.exists(r, r.startsWith('nvidia.com/')))\"}],"
                + "\"validations\":[{\"expression\":\"false\"}]");
        bind("\"Deny\"");

        assertThat(create("plain", "{}", Map.of()).statusCode()).isEqualTo(201);
        assertThat(cluster.send(
                                "POST",
                                "/api/v1/namespaces/default/pods",
                                "{\"metadata\":{\"name\":\"gpu\"},\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"b\","
                                        + "\"resources\":{\"limits\":{\"nvidia.com/gpu\":1}}}]}}")
                        .statusCode())
                .isEqualTo(422);
    }

    @Test
    void validationsSeeTheNamespaceAndMatchConditionsDoNot() throws Exception {
        policy(
                "\"matchConditions\":[{\"name\":\"blind\",\"expression\":\"namespaceObject == null\"}],"
                        + "\"validations\":[{\"expression\":\"namespaceObject.metadata.name != 'default'\",\"message\":\"seen\"}]");
        bind("\"Deny\"");

        assertThat(create("here", "{}", Map.of()).body()).contains("denied request: seen");
    }

    @Test
    void anExpressionThatDoesNotCompileIsRefusedWhenItIsWritten() throws Exception {
        HttpResponse<String> response = cluster.send(
                "POST",
                GROUP + "validatingadmissionpolicies",
                "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"validations\":[{\"expression\":\"object.(\"}]}}");

        assertThat(response.statusCode()).isEqualTo(422);
        assertThat(response.body()).contains("spec.validations[0].expression").contains("compilation failed");
    }

    private void policy(String rest) throws Exception {
        HttpResponse<String> response = cluster.send(
                "POST",
                GROUP + "validatingadmissionpolicies",
                "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"matchConstraints\":{\"resourceRules\":[{\"apiGroups\":[\"\"],"
                        + "\"apiVersions\":[\"v1\"],\"operations\":[\"CREATE\",\"UPDATE\"],\"resources\":[\"pods\"]}]},"
                        + rest + "}}");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
    }

    private void bind(String actions) throws Exception {
        HttpResponse<String> response = cluster.send(
                "POST",
                GROUP + "validatingadmissionpolicybindings",
                "{\"metadata\":{\"name\":\"b\"},\"spec\":{\"policyName\":\"p\",\"validationActions\":[" + actions
                        + "]}}");
        assertThat(response.statusCode()).isEqualTo(201);
    }

    private HttpResponse<String> create(String name, String annotations, Map<String, String> headers) throws Exception {
        return cluster.send(
                "POST",
                "/api/v1/namespaces/default/pods",
                "{\"metadata\":{\"name\":\"" + name + "\",\"annotations\":" + annotations
                        + "},\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"b\"}]}}",
                headers);
    }
}
