package io.migpool.deviceplugin.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostProgramsTest {

    private static final Path ROOT = Path.of("/");
    private static final Path SHELL = Path.of("/bin/sh");

    @TempDir
    Path directory;

    private static HostPrograms within(Duration limit) {
        return new HostPrograms(List.of(Path.of("/usr/bin"), Path.of("/bin")), limit);
    }

    @Test
    void whatItPrintsIsReturnedWithoutItsComplaints() throws IOException {
        assertThat(within(Duration.ofSeconds(10)).run(ROOT, SHELL, List.of("-c", "echo out; echo err >&2")))
                .isEqualTo("out\n");
    }

    @Test
    void aFailureIsToldInItsComplaintsOrElseInWhatItPrinted() {
        HostPrograms programs = within(Duration.ofSeconds(10));

        assertThatThrownBy(() -> programs.run(ROOT, SHELL, List.of("-c", "echo out; echo err >&2; exit 3")))
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith(" exited with 3: err");
        assertThatThrownBy(() -> programs.run(ROOT, SHELL, List.of("-c", "echo in; echo use; exit 255")))
                .hasMessageEndingWith(" exited with 255: in use");
        assertThatThrownBy(() -> programs.run(ROOT, SHELL, List.of("-c", "exit 1")))
                .hasMessageEndingWith(" exited with 1: no error message");
    }

    @Test
    void itHasNoInputAndOnlyThePathOfTheHost() throws IOException {
        assertThat(within(Duration.ofSeconds(10)).run(ROOT, SHELL, List.of("-c", "cat; echo $PATH; echo $JAVA_HOME")))
                .isEqualTo("/usr/bin:/bin\n\n");
    }

    @Test
    void itIsKilledWithItsChildrenAfterItsTime() {
        Path alive = directory.resolve("child");

        assertThatThrownBy(() -> within(Duration.ofSeconds(2))
                        .run(ROOT, SHELL, List.of("-c", "sh -c 'echo $$ > %s; exec sleep 600'; true".formatted(alive))))
                .isInstanceOf(IOException.class)
                .hasMessage("/bin/sh has not ended within PT2S");

        await("the child is gone").atMost(Duration.ofSeconds(10)).until(() -> ProcessHandle.of(
                        Long.parseLong(Files.readString(alive).strip()))
                .filter(ProcessHandle::isAlive)
                .isEmpty());
    }

    @Test
    void anOutputWithoutEndIsNotRead() {
        assertThatThrownBy(() ->
                        within(Duration.ofSeconds(30)).run(ROOT, SHELL, List.of("-c", "head -c 5000000 /dev/zero")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("printed more than");
    }

    @Test
    void aProgramIsFoundByALinkThatOnlyTheHostCanFollow() throws IOException {
        Path bin = Files.createDirectories(directory.resolve("usr/bin"));
        Files.createSymbolicLink(bin.resolve("nvidia-smi"), Path.of("/opt/driver/of/the/host/nvidia-smi"));

        assertThat(within(Duration.ofSeconds(1)).find(directory, "nvidia-smi"))
                .isEqualTo(Path.of("/usr/bin/nvidia-smi"));
    }

    @Test
    void nothingIsRunWhileAProgramHangsThatCannotBeKilled() throws Exception {
        List<Process> started = new ArrayList<>();
        HostPrograms programs = new HostPrograms(List.of(Path.of("/bin")), Duration.ofMillis(200), builder -> {
            Process process = started.isEmpty() ? new Hanging(builder.start()) : builder.start();
            started.add(process);
            return process;
        });
        assertThatThrownBy(() -> programs.run(ROOT, SHELL, List.of("-c", "exec sleep 600")))
                .hasMessageContaining("has not ended within");
        Hanging hanging = (Hanging) started.getFirst();

        assertThatThrownBy(() -> programs.run(ROOT, SHELL, List.of("-c", "true")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/bin/sh of an earlier attempt (process %d) hangs", hanging.pid())
                .hasMessageContaining("reboot the node");
        assertThat(started).hasSize(1);

        hanging.wakeUp();
        programs.run(ROOT, SHELL, List.of("-c", "true"));
        assertThat(started).hasSize(2);
    }

    /** A process that a call into the driver keeps from being killed. */
    private static final class Hanging extends Process {

        private final Process real;

        Hanging(Process real) {
            this.real = real;
        }

        /** The call returns, and the signal is delivered. */
        void wakeUp() throws InterruptedException {
            real.destroyForcibly().waitFor();
        }

        @Override
        public Process destroyForcibly() {
            return this;
        }

        @Override
        public void destroy() {}

        @Override
        public boolean isAlive() {
            return real.isAlive();
        }

        @Override
        public boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
            return real.waitFor(timeout, unit);
        }

        @Override
        public int waitFor() throws InterruptedException {
            return real.waitFor();
        }

        @Override
        public int exitValue() {
            return real.exitValue();
        }

        @Override
        public ProcessHandle toHandle() {
            return real.toHandle();
        }

        @Override
        public long pid() {
            return real.pid();
        }

        @Override
        public OutputStream getOutputStream() {
            return real.getOutputStream();
        }

        @Override
        public InputStream getInputStream() {
            return real.getInputStream();
        }

        @Override
        public InputStream getErrorStream() {
            return real.getErrorStream();
        }
    }
}
