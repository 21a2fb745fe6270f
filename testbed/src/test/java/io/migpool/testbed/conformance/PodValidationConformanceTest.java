package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertInvalid;
import static io.migpool.testbed.conformance.Refusals.assertRefused;

import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong in a pod is refused, whoever wrote it: a user, or a webhook. Every case replaces one part of a right pod. */
@ExtendWith(Subject.Provider.class)
class PodValidationConformanceTest {

    private static final String POD = """
            {"kind": "Pod", "apiVersion": "v1",
             "metadata": {"name": "p", "labels": {"a": "b"}, "annotations": {"Example.com/a": "b"},
                          "finalizers": ["example.com/f"]},
             "spec": {"restartPolicy": "Never", "dnsPolicy": "Default", "serviceAccountName": "default",
                      "activeDeadlineSeconds": 5, "nodeSelector": {"a": "b"},
                      "tolerations": [{"key": "a", "operator": "Equal", "value": "b", "effect": "NoExecute",
                                       "tolerationSeconds": 5}],
                      "volumes": [{"name": "v", "hostPath": {"path": "/x", "type": "File"}}, {"name": "w"}],
                      "containers": [
                        {"name": "main", "image": "i:1", "imagePullPolicy": "Never",
                         "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}],
                         "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                         "volumeMounts": [{"name": "v", "mountPath": "/v"}, {"name": "w", "mountPath": "/w"}],
                         "readinessProbe": {"exec": {"command": ["x"]}},
                         "resources": {"limits": {"example.com/gpu": "1"}}}]}}
            """;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"a": "b"}, "ann | {"A.b/a": "b"}, "ann | metadata.labels | Invalid | prefix part
            {"a": "b"}, "ann | {"a": "b c"}, "ann | metadata.labels | Invalid | a valid label must be
            Example.com/a   | -a/a           | metadata.annotations | Invalid | prefix part
            example.com/f   | f              | metadata.finalizers[0] | Invalid | neither a standard finalizer name
            "labels"        | "ownerReferences": [{"kind": "Pod", "name": "a", "uid": "b"}], "labels" | metadata.ownerReferences.apiVersion | Invalid | must not be empty
            "restartPolicy": "Never" | "restartPolicy": "Maybe" | spec.restartPolicy | NotSupported | "OnFailure"
            "Default"       | "Mine"         | spec.dnsPolicy | NotSupported | "ClusterFirst"
            "serviceAccountName": "default" | "serviceAccountName": "A_b" | spec.serviceAccountName | Invalid | RFC 1123 subdomain
            Seconds": 5,    | Seconds": 0,   | spec.activeDeadlineSeconds | Invalid | must be between 1 and 2147483647
            "nodeSelector": {"a" | "nodeSelector": {"a b" | spec.nodeSelector | Invalid | name part
            "Equal"         | "Exists"       | spec.tolerations[0].operator | Invalid | value must be empty when `operator` is 'Exists'
            "Equal"         | "Resembles"    | spec.tolerations[0].operator | NotSupported | "Equal", "Exists"
            "key": "a", "op | "op            | spec.tolerations[0].operator | Invalid | operator must be Exists when `key` is empty
            "NoExecute"     | "NoSchedule"   | spec.tolerations[0].effect | Invalid | effect must be 'NoExecute' when `tolerationSeconds` is set
            "NoExecute"     | "Shame"        | spec.tolerations[0].effect | NotSupported | "NoExecute"
            "volumes": [{"name": "v" | "volumes": [{"name": "V" | spec.volumes[0].name | Invalid | RFC 1123 label
            "volumes": [{"name": "v" | "volumes": [{"name": "w" | spec.volumes[1].name | Duplicate | "w"
            {"path": "/x",  | {              | spec.volumes[0].hostPath.path | Required |
            "File"          | "Folder"       | spec.volumes[0].hostPath.type | NotSupported | "FileOrCreate"
            {"name": "w"}]  | {"name": "w", "emptyDir": {}, "secret": {"secretName": "s"}}] | spec.volumes[1].secret | Forbidden | may not specify more than 1 volume type
            {"name": "w"}]  | {"name": "w", "secret": {}}] | spec.volumes[1].secret.secretName | Required |
            {"name": "w"}]  | {"name": "w", "configMap": {}}] | spec.volumes[1].configMap.name | Required |
            imagePullPolicy": "Never | imagePullPolicy": "Rarely | spec.containers[0].imagePullPolicy | NotSupported | "IfNotPresent"
            "http"          | "Http_1"       | spec.containers[0].ports[0].name | Invalid | must contain only alpha-numeric characters
            80              | 0              | spec.containers[0].ports[0].containerPort | Required |
            80              | 70000          | spec.containers[0].ports[0].containerPort | Invalid | must be between 1 and 65535
            "TCP"           | "IPX"          | spec.containers[0].ports[0].protocol | NotSupported | "UDP"
            "name": "A"     | "name": ""     | spec.containers[0].env[0].name | Required |
            "name": "A"     | "name": "A=B"  | spec.containers[0].env[0].name | Invalid | a valid environment variable name must consist
            "name": "A"     | "name": "A", "value": "x" | spec.containers[0].env[0].valueFrom | Invalid | may not be specified when `value` is not empty
            spec.nodeName   | spec.colour    | spec.containers[0].env[0].valueFrom.fieldRef.fieldPath | Invalid | field label not supported: spec.colour
            "fieldRef": {"fieldPath": "spec.nodeName"} | | spec.containers[0].env[0].valueFrom | Invalid | must specify one of: `fieldRef`
            "/w"            | "/v"           | spec.containers[0].volumeMounts[1].mountPath | Invalid | must be unique
            "/w"            | ""             | spec.containers[0].volumeMounts[1].mountPath | Required |
            {"name": "w", "m | {"name": "x", "m | spec.containers[0].volumeMounts[1].name | NotFound | "x"
            "mountPath": "/v" | "mountPath": "/v", "mountPropagation": "Bidirectional" | spec.containers[0].volumeMounts.mountPropagation | Forbidden | only to privileged containers
            "exec": {"command": ["x"]} | | spec.containers[0].readinessProbe | Required | must specify a handler type
            "example.com/gpu" | "gpu"        | spec.containers[0].resources.limits[gpu] | Invalid | must be a standard resource for containers
            "example.com/gpu" | "example.com/gpu!" | spec.containers[0].resources.limits[example.com/gpu!] | Invalid | name part
            """)
    void aWrongPodIsRefused(
            String right, @Nullable String wrong, String field, String reason, @Nullable String text, Subject subject) {
        String pods = "/api/v1/namespaces/" + subject.namespace() + "/pods?dryRun=All";
        subject.client().raw(pods, "POST", POD);

        assertInvalid(
                () -> subject.client().raw(pods, "POST", POD.replace(right, wrong == null ? "" : wrong)),
                field,
                "FieldValue" + reason,
                text == null ? "" : text);
    }

    @Test
    void theRuntimeClassOfAPodIsThere(Subject subject) {
        String pods = "/api/v1/namespaces/" + subject.namespace() + "/pods?dryRun=All";
        String pod = POD.replace("\"spec\": {", "\"spec\": {\"runtimeClassName\": \"" + subject.namespace() + "\", ");
        assertRefused(
                () -> subject.client().raw(pods, "POST", pod),
                403,
                "Forbidden",
                "pod rejected: RuntimeClass \"" + subject.namespace() + "\" not found");
        RuntimeClass runtime = new RuntimeClassBuilder()
                .withNewMetadata()
                .withName(subject.namespace())
                .endMetadata()
                .withHandler("runc")
                .build();

        subject.client().resource(runtime).create();
        try {
            subject.client().raw(pods, "POST", pod);
        } finally {
            subject.client().resource(runtime).delete();
        }
    }
}
