package io.migpool.testbed.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.host.DbusSystemd;
import io.migpool.testbed.docs.Repository;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way to the host's bus from where the agent runs: with the image's modules of Java, and the DaemonSet's variables. */
class BusInAContainerTest {

    /** The library reads a machine id before it connects, of which the image has none; it uses the first file of these. */
    private static final String MACHINE_ID = "DBUS_MACHINE_ID_LOCATION";

    @TempDir
    private Path directory;

    @Test
    void theImagesRuntimeReachesTheBus() throws Exception {
        Path log = directory.resolve("agent.log");
        try (HostBus host = HostBus.start(directory.resolve("bus"), () -> {})) {
            host.run("dcgm.service");
            ProcessBuilder agent = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--limit-modules",
                            modulesOfTheImage(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Agent.class.getName(),
                            host.address())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            agent.environment().put(MACHINE_ID, variableOfTheDaemonSet(MACHINE_ID));

            Process process = agent.start();
            try {
                assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
            } finally {
                process.destroyForcibly();
            }

            assertThat(log).content().contains("dcgm.service is active");
            assertThat(process.exitValue()).isZero();
        }
    }

    /** kubelet puts this file into every container, and it is never empty. */
    @Test
    void theLibraryFindsAFileThatEveryContainerHas() {
        assertThat(variableOfTheDaemonSet(MACHINE_ID)).isEqualTo("/etc/hosts");
    }

    private static String modulesOfTheImage() {
        return Pattern.compile("(?m)^ *modules=(?:\\$modules,)?(.+)$")
                .matcher(Repository.text(Repository.ROOT.resolve("migpool")))
                .results()
                .map(line -> line.group(1))
                .collect(Collectors.joining(","));
    }

    private static String variableOfTheDaemonSet(String name) {
        return Pattern.compile("- name: " + name + "\\s+value: (\\S+)")
                .matcher(Repository.text(Repository.ROOT.resolve("manifests/base/device-plugin.yaml")))
                .results()
                .map(variable -> variable.group(1))
                .findFirst()
                .orElse("");
    }

    /** The process in the container. */
    static final class Agent {

        private Agent() {}

        public static void main(String[] args) throws IOException {
            String state = new DbusSystemd(args[0], InstantSource.system())
                    .unit("dcgm.service")
                    .activeState();
            System.out.println("dcgm.service is " + state);
        }
    }
}
