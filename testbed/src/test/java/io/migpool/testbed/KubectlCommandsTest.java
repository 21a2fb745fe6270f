package io.migpool.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that people type, with the kubectl of this machine; skipped where there is none or it is older than 1.28. */
class KubectlCommandsTest {
    private static final String POD = """
        apiVersion: v1
        kind: Pod
        metadata: {name: gpu-pod}
        spec:
          containers:
          - name: main
            image: ubuntu:22.04
            resources: {limits: {nvidia.com/gpu: 1, nvidia.com/gpumem: 8000}}
        """;

    private final TestApi cluster = new TestApi();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Kubectl kubectl;

    @BeforeEach
    void findKubectl() throws Exception {
        kubectl = Kubectl.orSkip(cluster.kubeconfig(), directory);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void aPodIsAppliedShownDescribedEditedAndDeleted() throws Exception {
        String file = file("pod.yaml", POD);

        assertThat(kubectl.run("apply", "-f", file)).isEqualTo("pod/gpu-pod created\n");
        assertThat(kubectl.run("get", "pods", "-o", "wide")).contains("gpu-pod   0/1     Pending");
        assertThat(kubectl.run("describe", "pod", "gpu-pod")).contains("nvidia.com/gpumem:  8k");
        assertThat(kubectl.run("edit", "pod", "gpu-pod")).isEqualTo("pod/gpu-pod edited\n");
        assertThat(kubectl.run("get", "pod", "gpu-pod", "-o", "jsonpath={.spec.containers[0].image}"))
                .isEqualTo("ubuntu:24.04");
        assertThat(kubectl.run("delete", "-f", file)).startsWith("pod \"gpu-pod\" deleted");
        assertThat(cluster.client.pods().withName("gpu-pod").get()).isNull();
    }

    @Test
    void aSecondApplicationIsAPatch() throws Exception {
        kubectl.run("apply", "-f", file("pod.yaml", POD));

        assertThat(kubectl.run("apply", "-f", file("newer.yaml", POD.replace("22.04", "24.04"))))
                .isEqualTo("pod/gpu-pod configured\n");
        assertThat(cluster.client
                        .pods()
                        .withName("gpu-pod")
                        .get()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getImage())
                .isEqualTo("ubuntu:24.04");
    }

    @Test
    void aMisspeltFieldIsRefusedByTheServer() throws Exception {
        assertThat(kubectl.fail("create", "-f", file("pod.yaml", POD.replace("image:", "imgae:"))))
                .contains("unknown field")
                .contains("spec.containers[0].imgae");
    }

    @Test
    void labelsAnnotationsAndPatches() throws Exception {
        kubectl.run("create", "-f", file("pod.yaml", POD));

        kubectl.run("label", "pod", "gpu-pod", "team=blue");
        kubectl.run("annotate", "pod", "gpu-pod", "why=because");
        kubectl.run("patch", "pod", "gpu-pod", "-p", "{\"metadata\": {\"labels\": {\"tier\": \"one\"}}}");

        var metadata = cluster.client.pods().withName("gpu-pod").get().getMetadata();
        assertThat(metadata.getLabels()).containsExactlyInAnyOrderEntriesOf(Map.of("team", "blue", "tier", "one"));
        assertThat(metadata.getAnnotations()).containsEntry("why", "because");
    }

    /** From 1.33 on these commands send protobuf. */
    @Test
    void objectsAreCreatedFromWords() throws Exception {
        assertThat(kubectl.run("create", "namespace", "words")).isEqualTo("namespace/words created\n");
        kubectl.run("create", "configmap", "settings", "--namespace=words", "--from-literal=colour=red");
        kubectl.run("create", "serviceaccount", "runner", "--namespace=words");
        kubectl.run("create", "deployment", "web", "--namespace=words", "--image=nginx", "--replicas=3", "--port=80");
        kubectl.run("create", "job", "once", "--namespace=words", "--image=busybox", "--", "true");
        kubectl.run("create", "role", "reader", "--namespace=words", "--verb=get", "--resource=pods");

        var client = cluster.client;
        assertThat(client.configMaps()
                        .inNamespace("words")
                        .withName("settings")
                        .get()
                        .getData())
                .containsExactly(Map.entry("colour", "red"));
        var web =
                client.apps().deployments().inNamespace("words").withName("web").get();
        assertThat(web.getSpec().getReplicas()).isEqualTo(3);
        assertThat(web.getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getPorts())
                .singleElement()
                .satisfies(port -> assertThat(port.getContainerPort()).isEqualTo(80));
        assertThat(client.batch()
                        .v1()
                        .jobs()
                        .inNamespace("words")
                        .withName("once")
                        .get())
                .isNotNull();
        assertThat(kubectl.run("create", "token", "runner", "--namespace=words").strip())
                .isEqualTo(cluster.token("words", "runner"));
        assertThat(kubectl.run("auth", "can-i", "create", "pods")).isEqualTo("yes\n");
    }

    @Test
    void theServersOwnPagesCanBeRead() throws Exception {
        kubectl.run("get", "nodes");

        assertThat(kubectl.run("get", "--raw", "/metrics"))
                .contains("apiserver_request_total{group=\"\",resource=\"nodes\",subresource=\"\",verb=\"LIST\"} ");
        assertThat(kubectl.run("get", "--raw", "/readyz")).isEqualTo("ok");
        assertThat(kubectl.run("get", "--raw", "/api/v1/nodes")).contains("\"kind\":\"NodeList\"");
    }

    @Test
    void whatIsNotServedSaysWhatToDoInstead() throws Exception {
        kubectl.run("apply", "-f", file("pod.yaml", POD));

        assertThat(kubectl.fail("logs", "gpu-pod")).contains("containers of the testbed write no logs");
        assertThat(kubectl.fail("apply", "--server-side", "-f", file("again.yaml", POD)))
                .contains("server-side apply is not served by this API server double")
                .contains("kubectl apply without --server-side");
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text).toString();
    }
}
