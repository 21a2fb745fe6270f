package io.migpool.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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

/** The kubectl of this machine; a test that needs it is skipped if there is none, or it is older than 1.28. */
public final class Kubectl {

    private static final Duration LONGEST = Duration.ofMinutes(2);
    private static final int OLDEST_MINOR = 28;

    private final Path directory;

    private Kubectl(Path directory) {
        this.directory = directory;
    }

    /**
     * Finds kubectl, or skips the test.
     *
     * @param kubeconfig kubeconfig of the cluster
     * @param directory an empty directory for kubectl's files
     */
    public static Kubectl orSkip(String kubeconfig, Path directory) throws IOException, InterruptedException {
        boolean found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(entry -> Files.isExecutable(Path.of(entry, "kubectl")));
        assumeTrue(found, "no kubectl on the PATH; install kubectl 1." + OLDEST_MINOR + " or later");
        Files.writeString(directory.resolve("config"), kubeconfig);
        Kubectl kubectl = new Kubectl(directory);
        JsonNode version = new ObjectMapper().readTree(kubectl.run("version", "--client", "--output=json"));
        String minor = version.path("clientVersion").path("minor").asText().replaceAll("\\D", "");
        assumeTrue(
                Integer.parseInt(minor) >= OLDEST_MINOR,
                "kubectl is 1." + minor + "; install 1." + OLDEST_MINOR + " or later");
        return kubectl;
    }

    /** Runs a command that must succeed; returns its output. */
    public String run(String... arguments) throws IOException, InterruptedException {
        return execute(0, arguments);
    }

    /** Runs a command that must fail; returns its message. */
    public String fail(String... arguments) throws IOException, InterruptedException {
        return execute(1, arguments);
    }

    /** Runs a shell line that must succeed, in kubectl's directory; returns its output. */
    public String shell(String line) throws IOException, InterruptedException {
        return execute(0, List.of("bash", "-c", line));
    }

    private String execute(int expected, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kubectl"));
        command.addAll(List.of(arguments));
        return execute(expected, command);
    }

    private String execute(int expected, List<String> command) throws IOException, InterruptedException {
        Path errors = directory.resolve("stderr");
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectError(errors.toFile());
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
