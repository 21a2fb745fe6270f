package io.migpool.testbed.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.testbed.Kubectl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./migpool demo --keep} as a process, and kubectl with the kubeconfig that it prints. */
class KeptDemoTest {

    private static final Duration LONGEST = Duration.ofMinutes(3);
    private static final Pattern KUBECONFIG = Pattern.compile("export KUBECONFIG=(\\S+)");

    @Test
    void theClusterStaysForKubectlUntilItIsInterrupted(@TempDir Path directory) throws Exception {
        Path output = directory.resolve("output");
        Process demo = start(output, Files.writeString(directory.resolve("pod.yaml"), """
                apiVersion: v1
                kind: Pod
                metadata: {name: mine}
                spec:
                  containers:
                  - name: main
                    image: ubuntu:22.04
                    resources: {limits: {nvidia.com/gpu: 1, nvidia.com/gpumem: 8000}}
                """));
        try {
            Path kubeconfig = awaitKubeconfig(demo, output);
            Kubectl kubectl = Kubectl.orSkip(Files.readString(kubeconfig), directory);

            assertThat(kubectl.run("get", "pods", "-o", "wide")).containsPattern("mine +1/1 +Running +0 ");
            assertThat(kubectl.run("get", "nodes").lines()).hasSize(4);
            assertThat(kubectl.run("get", "--raw", "/metrics")).contains("apiserver_request_total");
            kubectl.run("delete", "pod", "mine");

            demo.destroy();
            assertThat(demo.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(kubeconfig).doesNotExist();
        } finally {
            demo.destroyForcibly();
        }
    }

    private static Process start(Path output, Path pods) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx1g",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-classpath",
                        System.getProperty("java.class.path"),
                        Demo.class.getName(),
                        "--keep=true",
                        "--file=" + pods)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(Map.of("NO_COLOR", "1"));
        return builder.start();
    }

    private static Path awaitKubeconfig(Process demo, Path output) {
        await("the demo prints a kubeconfig").atMost(LONGEST).untilAsserted(() -> assertThat(
                        KUBECONFIG.matcher(Files.readString(output)).find() || !demo.isAlive())
                .isTrue());
        String text = read(output);
        Matcher printed = KUBECONFIG.matcher(text);
        assertThat(printed.find()).as("the demo has ended: %s", text).isTrue();
        return Path.of(printed.group(1));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
