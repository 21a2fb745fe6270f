package io.migpool.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.testbed.apiserver.model.Json;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fields that stay as they were created, and selectors that must fit their template. */
class ImmutableFieldsTest {
    private static final Map<String, String> PREFIXES = Map.of(
            "deployments", "/apis/apps/v1/namespaces/default/",
            "daemonsets", "/apis/apps/v1/namespaces/default/",
            "replicasets", "/apis/apps/v1/namespaces/default/",
            "statefulsets", "/apis/apps/v1/namespaces/default/",
            "jobs", "/apis/batch/v1/namespaces/default/",
            "rolebindings", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/",
            "clusterrolebindings", "/apis/rbac.authorization.k8s.io/v1/",
            "priorityclasses", "/apis/scheduling.k8s.io/v1/");
    private static final String WORKLOAD =
            "'spec':{'selector':{'matchLabels':{'a':'1'}},'template':{'metadata':{'labels':{'a':'1','b':'2'}},"
                    + "'spec':{'containers':[{'name':'c','image':'i'}]}}}";
    private static final String BINDING =
            "'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole','name':'one'}";

    private final ClusterFixture cluster = new ClusterFixture();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            deployments         | WORKLOAD                         | 'spec':{'selector':{'matchLabels':{'b':'2'}}} | spec.selector: Invalid value | field is immutable
            daemonsets          | WORKLOAD                         | 'spec':{'selector':{'matchLabels':{'b':'2'}}} | spec.selector: Invalid value | field is immutable
            replicasets         | WORKLOAD                         | 'spec':{'selector':{'matchLabels':{'b':'2'}}} | spec.selector: Invalid value | field is immutable
            statefulsets        | WORKLOAD                         | 'spec':{'serviceName':'other'}                | spec: Forbidden: updates to statefulset spec | are forbidden
            jobs                | 'spec':{'template':{'spec':{'restartPolicy':'Never','containers':[{'name':'c','image':'i'}]}}} | 'spec':{'template':{'spec':{'restartPolicy':'OnFailure'}}} | spec.template: Invalid value | field is immutable
            jobs                | 'spec':{'template':{'spec':{'restartPolicy':'Never','containers':[{'name':'c','image':'i'}]}}} | 'spec':{'completions':2} | spec.completions: Invalid value: 2 | field is immutable
            rolebindings        | BINDING                          | 'roleRef':{'name':'two'}                      | roleRef: Invalid value | cannot change roleRef
            clusterrolebindings | BINDING                          | 'roleRef':{'name':'two'}                      | roleRef: Invalid value | cannot change roleRef
            secrets             | 'type':'one'                     | 'type':'two'                                  | type: Invalid value: "two" | field is immutable
            secrets             | 'immutable':true,'data':{'a':'MQ=='} | 'data':{'a':'Mg=='}                       | data: Forbidden | field is immutable when `immutable` is set
            configmaps          | 'immutable':true,'data':{'a':'1'} | 'data':{'b':'2'}                             | data: Forbidden | field is immutable when `immutable` is set
            configmaps          | 'immutable':true                 | 'immutable':null                              | immutable: Forbidden | field is immutable when `immutable` is set
            services            | 'spec':{'clusterIP':'10.0.0.1','ports':[{'port':80}]} | 'spec':{'clusterIP':'10.0.0.2'}               | spec.clusterIPs[0]: Invalid value: "10.0.0.2" | may not change once set
            priorityclasses     | 'value':1                        | 'value':2                                     | value: Forbidden | may not be changed in an update.
            """)
    void anUpdateOfItIsInvalid(String resource, String fields, String change, String field, String why)
            throws Exception {
        assertThat(create(resource, fields).statusCode()).isEqualTo(201);

        HttpResponse<String> response = patch(resource, change);

        assertThat(response.statusCode()).isEqualTo(422);
        assertThat(Json.text(Json.parse(response.body()), "message"))
                .contains(field)
                .contains(why);
        assertThat(patch(resource, "'metadata':{'labels':{'x':'y'}}").statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            deployments | 'replicas':2
            statefulsets | 'updateStrategy':{'type':'OnDelete'}
            deployments | 'template':{'spec':{'containers':[{'name':'c','image':'other'}]}}
            """)
    void othersMayChange(String resource, String change) throws Exception {
        assertThat(create(resource, WORKLOAD).statusCode()).isEqualTo(201);

        assertThat(patch(resource, "'spec':{" + change + "}").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            'selector':{'matchLabels':{'a':'2'}}, | spec.template.metadata.labels: Invalid value | `selector` does not match template `labels`
            'selector':{},                        | spec.selector: Invalid value | empty selector is invalid for deployment
            ""                                    | spec.selector | Required value
            """)
    void aSelectorMustFitItsTemplate(String selector, String field, String why) throws Exception {
        HttpResponse<String> response = create(
                "deployments",
                "'spec':{" + selector + "'template':{'metadata':{'labels':{'a':'1'}},"
                        + "'spec':{'containers':[{'name':'c','image':'i'}]}}}");

        assertThat(response.statusCode()).isEqualTo(422);
        assertThat(Json.text(Json.parse(response.body()), "message"))
                .contains(field)
                .contains(why);
    }

    private HttpResponse<String> create(String resource, String fields) throws Exception {
        String known = fields.replace("WORKLOAD", WORKLOAD).replace("BINDING", BINDING);
        return cluster.send("POST", path(resource), json("'metadata':{'name':'x'}," + known));
    }

    private HttpResponse<String> patch(String resource, String change) throws Exception {
        return cluster.send(
                "PATCH", path(resource) + "/x", json(change), Map.of("Content-Type", "application/merge-patch+json"));
    }

    private static String path(String resource) {
        return PREFIXES.getOrDefault(resource, "/api/v1/namespaces/default/") + resource;
    }

    private static String json(String fields) {
        return "{" + fields.replace('\'', '"') + "}";
    }
}
