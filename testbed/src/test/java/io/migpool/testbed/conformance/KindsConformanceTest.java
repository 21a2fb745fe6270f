package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertInvalid;
import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong in an object of the kinds of the manifests is refused. Every case replaces one part of a right object. */
@ExtendWith(Subject.Provider.class)
class KindsConformanceTest {

    private static final String TEMPLATE = """
            "template": {"metadata": {"labels": {"a": "b"}},
                         "spec": {"containers": [{"name": "main", "image": "i:1"}], "restartPolicy": "Always"}}
            """;
    private static final String WORKLOAD =
            "\"spec\": {\"selector\": {\"matchLabels\": {\"a\": \"b\"}}, " + TEMPLATE + "}";
    private static final String RULES =
            "\"rules\": [{\"apiGroups\": [\"\"], \"resources\": [\"pods\"], \"verbs\": [\"get\"]}]";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            roles               | , "verbs": ["get"] | | rules[0].verbs | Required | at least one value
            clusterroles        | "resources": ["pods"], | | rules[0].resources | Required | at least one resource
            clusterroles        | "apiGroups": [""], | | rules[0].apiGroups | Required | at least one api group
            roles               | "resources": ["pods"] | "nonResourceURLs": ["/x"] | rules[0].nonResourceURLs | Invalid | namespaced rules cannot apply
            clusterroles        | "verbs"            | "nonResourceURLs": ["/x"], "verbs" | rules[0].nonResourceURLs | Invalid | both regular resources and non-resource URLs
            rolebindings        | "Role"             | "Task"   | roleRef.kind | NotSupported | "Role"
            clusterrolebindings | "ClusterRole"      | "Role"   | roleRef.kind | NotSupported | "ClusterRole"
            rolebindings        | "name": "r"        | "name": "" | roleRef.name | Required |
            rolebindings        | "kind": "Role"     | "kind": "Role", "apiGroup": "x" | roleRef.apiGroup | NotSupported | "rbac.authorization.k8s.io"
            rolebindings        | "ServiceAccount"   | "Robot"  | subjects[0].kind | NotSupported | "ServiceAccount"
            rolebindings        | "name": "s"        | "name": "" | subjects[0].name | Required |
            rolebindings        | "name": "s"        | "name": "S_" | subjects[0].name | Invalid | RFC 1123 subdomain
            clusterrolebindings | , "namespace": "n" |          | subjects[0].namespace | Required |
            leases              | 15                 | 0        | spec.leaseDurationSeconds | Invalid | must be greater than 0
            leases              | 1}                 | -1}      | spec.leaseTransitions | Invalid | -1
            deployments         | "Always"           | "Never"  | spec.template.spec.restartPolicy | NotSupported | "Always"
            daemonsets          | "Always"           | "Never"  | spec.template.spec.restartPolicy | NotSupported | "Always"
            deployments         | "selector"         | "replicas": -1, "selector" | spec.replicas | Invalid | must be greater than or equal to 0
            deployments         | "selector"         | "strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}, "selector" | spec.strategy.rollingUpdate | Forbidden | 'Recreate'
            jobs                | "Never"            | "Always" | spec.template.spec.restartPolicy | Required | valid values: "OnFailure", "Never"
            services            | "ports": [{"port": 80}] | "type": "ClusterIP" | spec.ports | Required |
            services            | 80                 | 70000    | spec.ports[0].port | Invalid | must be between 1 and 65535
            services            | 80}                | 80}, {"name": "b", "port": 81} | spec.ports[0].name | Required |
            networkpolicies     | 80                 | 70000    | spec.ingress[0].ports[0].port | Invalid | must be between 1 and 65535
            runtimeclasses      | "runc"             | "Run C"  | handler | Invalid | RFC 1123 label
            priorityclasses     | 1000               | 1000000001 | value | Forbidden | maximum allowed value
            priorityclasses     | "metadata": {"name": " | "metadata": {"name": "system- | metadata.name | Forbidden | reserved for system use only
            nodes               | , "effect": "NoSchedule" | | metadata.taints[0].effect | Required |
            nodes               | "NoSchedule"       | "NoRest" | metadata.taints[0].effect | NotSupported | "NoSchedule"
            """)
    void aWrongObjectIsRefused(
            String resource,
            String right,
            @Nullable String wrong,
            String field,
            String reason,
            @Nullable String text,
            Subject subject) {
        String path = path(resource, subject) + "?dryRun=All";
        String object = object(resource, subject);
        subject.client().raw(path, "POST", object);

        assertInvalid(
                () -> subject.client().raw(path, "POST", object.replace(right, wrong == null ? "" : wrong)),
                field,
                "FieldValue" + reason,
                text == null ? "" : text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            deployments     | /spec/strategy/rollingUpdate/maxSurge | 25%
            deployments     | /spec/progressDeadlineSeconds         | 600
            daemonsets      | /spec/updateStrategy/type             | RollingUpdate
            statefulsets    | /spec/podManagementPolicy             | OrderedReady
            statefulsets    | /spec/updateStrategy/rollingUpdate/partition | 0
            jobs            | /spec/completions                     | 1
            jobs            | /spec/backoffLimit                    | 6
            services        | /spec/ports/0/targetPort              | 80
            networkpolicies | /spec/policyTypes/0                   | Ingress
            networkpolicies | /spec/ingress/0/ports/0/protocol      | TCP
            networkpolicies | /metadata/generation                  | 1
            priorityclasses | /preemptionPolicy                     | PreemptLowerPriority
            rolebindings    | /roleRef/apiGroup                     | rbac.authorization.k8s.io
            """)
    void whatIsLeftOutIsFilledIn(String resource, String field, String value, Subject subject) throws Exception {
        String created =
                subject.client().raw(path(resource, subject) + "?dryRun=All", "POST", object(resource, subject));

        JsonNode found = JsonMapper.builder().build().readTree(created).at(field);

        assertThat(found.asText()).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"leases", "runtimeclasses", "mutatingwebhookconfigurations", "validatingwebhookconfigurations"})
    void someKindsAreUpdatedOnlyByThoseWhoSawThem(String resource, Subject subject) {
        String path = path(resource, subject);
        String object = object(resource, subject);
        KubernetesClient client = subject.client();
        client.raw(path, "POST", object);
        try {
            assertInvalid(
                    () -> client.raw(path + "/" + subject.namespace(), "PUT", object),
                    "metadata.resourceVersion",
                    "FieldValueInvalid",
                    "must be specified for an update");
        } finally {
            client.raw(path + "/" + subject.namespace(), "DELETE", null);
        }
    }

    @Test
    void theNamespacesOfTheSystemStay(Subject subject) {
        for (String name : new String[] {"default", "kube-system", "kube-public"}) {
            assertRefused(
                    () -> subject.client().raw("/api/v1/namespaces/" + name, "DELETE", null),
                    403,
                    "Forbidden",
                    "this namespace may not be deleted");
        }
    }

    private static String path(String resource, Subject subject) {
        String group =
                switch (resource) {
                    case "roles", "rolebindings", "clusterroles", "clusterrolebindings" -> "rbac.authorization.k8s.io";
                    case "leases" -> "coordination.k8s.io";
                    case "deployments", "daemonsets", "statefulsets" -> "apps";
                    case "jobs" -> "batch";
                    case "networkpolicies" -> "networking.k8s.io";
                    case "runtimeclasses" -> "node.k8s.io";
                    case "priorityclasses" -> "scheduling.k8s.io";
                    case "mutatingwebhookconfigurations", "validatingwebhookconfigurations" ->
                        "admissionregistration.k8s.io";
                    default -> "";
                };
        boolean cluster =
                switch (resource) {
                    case "clusterroles",
                            "clusterrolebindings",
                            "runtimeclasses",
                            "priorityclasses",
                            "nodes",
                            "mutatingwebhookconfigurations",
                            "validatingwebhookconfigurations" -> true;
                    default -> false;
                };
        return (group.isEmpty() ? "/api/v1/" : "/apis/" + group + "/v1/")
                + (cluster ? "" : "namespaces/" + subject.namespace() + "/")
                + resource;
    }

    /** Returns an object that has the name of the test's namespace, because not all of them are in it. */
    private static String object(String resource, Subject subject) {
        String fields =
                switch (resource) {
                    case "roles", "clusterroles" -> RULES;
                    case "rolebindings" -> """
                        "roleRef": {"kind": "Role", "name": "r"}, "subjects": [{"kind": "ServiceAccount", "name": "s"}]
                        """;
                    case "clusterrolebindings" -> """
                        "roleRef": {"kind": "ClusterRole", "name": "r"},
                        "subjects": [{"kind": "ServiceAccount", "name": "s", "namespace": "n"}]
                        """;
                    case "leases" -> "\"spec\": {\"leaseDurationSeconds\": 15, \"leaseTransitions\": 1}";
                    case "deployments", "daemonsets", "statefulsets" -> WORKLOAD;
                    case "jobs" -> "\"spec\": {" + TEMPLATE.replace("Always", "Never") + "}";
                    case "services" -> "\"spec\": {\"ports\": [{\"port\": 80}]}";
                    case "networkpolicies" ->
                        "\"spec\": {\"podSelector\": {}, \"ingress\": [{\"ports\": [{\"port\": 80}]}]}";
                    case "runtimeclasses" -> "\"handler\": \"runc\"";
                    case "priorityclasses" -> "\"value\": 1000";
                    case "nodes" -> "\"spec\": {\"taints\": [{\"key\": \"a\", \"effect\": \"NoSchedule\"}]}";
                    default -> "\"webhooks\": []";
                };
        return "{\"metadata\": {\"name\": \"" + subject.namespace() + "\"}, " + fields + "}";
    }
}
