package io.migpool.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that people type, with the kubectl of this machine; skipped where there is none or it is older than 1.28. */
class KubectlCommandsTest {
    private static final Duration LONGEST = Duration.ofSeconds(60);
    private static final int OLDEST_MINOR = 28;
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

    private final ClusterFixture cluster = new ClusterFixture();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

    @BeforeEach
    void findKubectl() throws Exception {
        boolean found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(entry -> Files.isExecutable(Path.of(entry, "kubectl")));
        assumeTrue(found, "no kubectl on the PATH; install kubectl 1.28 or later");
        Files.writeString(directory.resolve("config"), cluster.server.kubeconfig());
        JsonNode version = Json.parse(kubectl("version", "--client", "--output=json"));
        String minor = Json.text(version, "clientVersion", "minor").replaceAll("\\D", "");
        assumeTrue(
                Integer.parseInt(minor) >= OLDEST_MINOR,
                "kubectl is 1." + minor + "; install 1." + OLDEST_MINOR + " or later");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void aPodIsAppliedShownDescribedEditedAndDeleted() throws Exception {
        String file = file("pod.yaml", POD);

        assertThat(kubectl("apply", "-f", file)).isEqualTo("pod/gpu-pod created\n");
        assertThat(kubectl("get", "pods", "-o", "wide")).contains("gpu-pod   0/1     Pending");
        assertThat(kubectl("describe", "pod", "gpu-pod")).contains("nvidia.com/gpumem:  8k");
        assertThat(kubectl("edit", "pod", "gpu-pod")).isEqualTo("pod/gpu-pod edited\n");
        assertThat(kubectl("get", "pod", "gpu-pod", "-o", "jsonpath={.spec.containers[0].image}"))
                .isEqualTo("ubuntu:24.04");
        assertThat(kubectl("delete", "-f", file)).startsWith("pod \"gpu-pod\" deleted");
        assertThat(cluster.client.pods().withName("gpu-pod").get()).isNull();
    }

    @Test
    void aSecondApplicationIsAPatch() throws Exception {
        kubectl("apply", "-f", file("pod.yaml", POD));

        assertThat(kubectl("apply", "-f", file("newer.yaml", POD.replace("22.04", "24.04"))))
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
        assertThat(run("create", "-f", file("pod.yaml", POD.replace("image:", "imgae:"))))
                .contains("unknown field")
                .contains("spec.containers[0].imgae");
    }

    @Test
    void labelsAnnotationsAndPatches() throws Exception {
        kubectl("create", "-f", file("pod.yaml", POD));

        kubectl("label", "pod", "gpu-pod", "team=blue");
        kubectl("annotate", "pod", "gpu-pod", "why=because");
        kubectl("patch", "pod", "gpu-pod", "-p", "{\"metadata\": {\"labels\": {\"tier\": \"one\"}}}");

        var metadata = cluster.client.pods().withName("gpu-pod").get().getMetadata();
        assertThat(metadata.getLabels()).containsExactlyInAnyOrderEntriesOf(Map.of("team", "blue", "tier", "one"));
        assertThat(metadata.getAnnotations()).containsEntry("why", "because");
    }

    /** From 1.33 on these commands send protobuf. */
    @Test
    void objectsAreCreatedFromWords() throws Exception {
        assertThat(kubectl("create", "namespace", "words")).isEqualTo("namespace/words created\n");
        kubectl("create", "configmap", "settings", "--namespace=words", "--from-literal=colour=red");
        kubectl("create", "serviceaccount", "runner", "--namespace=words");
        kubectl("create", "deployment", "web", "--namespace=words", "--image=nginx", "--replicas=3", "--port=80");
        kubectl("create", "job", "once", "--namespace=words", "--image=busybox", "--", "true");
        kubectl("create", "role", "reader", "--namespace=words", "--verb=get", "--resource=pods");

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
        assertThat(kubectl("create", "token", "runner", "--namespace=words").strip())
                .isEqualTo(cluster.server.token("words", "runner"));
        assertThat(kubectl("auth", "can-i", "create", "pods")).isEqualTo("yes\n");
    }

    @Test
    void theServersOwnPagesCanBeRead() throws Exception {
        kubectl("get", "nodes");

        assertThat(kubectl("get", "--raw", "/metrics"))
                .contains("apiserver_request_total{group=\"\",resource=\"nodes\",subresource=\"\",verb=\"LIST\"} ");
        assertThat(kubectl("get", "--raw", "/readyz")).isEqualTo("ok");
        assertThat(kubectl("get", "--raw", "/api/v1/nodes")).contains("\"kind\":\"NodeList\"");
    }

    @Test
    void whatIsNotServedSaysWhatToDoInstead() throws Exception {
        kubectl("apply", "-f", file("pod.yaml", POD));

        assertThat(run("logs", "gpu-pod")).contains("containers of the testbed write no logs");
        assertThat(run("apply", "--server-side", "-f", file("again.yaml", POD)))
                .contains("server-side apply is not served by this API server double")
                .contains("kubectl apply without --server-side");
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text).toString();
    }

    private String kubectl(String... arguments) throws Exception {
        return execute(0, arguments);
    }

    /** What a command says that fails. */
    private String run(String... arguments) throws Exception {
        return execute(1, arguments);
    }

    private String execute(int expected, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("kubectl"));
        command.addAll(List.of(arguments));
        Path errors = directory.resolve("stderr");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
        builder.environment()
                .putAll(Map.of(
                        "KUBECONFIG", directory.resolve("config").toString(),
                        "HOME", directory.toString(),
                        "KUBE_EDITOR", "sed -i s/22.04/24.04/"));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
        String said = Files.readString(errors);
        assertThat(process.exitValue()).as("%s: %s", command, said).isEqualTo(expected);
        return expected == 0 ? output : said;
    }
}
