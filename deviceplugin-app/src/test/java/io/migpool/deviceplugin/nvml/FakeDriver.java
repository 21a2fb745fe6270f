package io.migpool.deviceplugin.nvml;

import com.sun.jna.Library;
import com.sun.jna.Native;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.settings.AgentConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.Config;

/**
 * The stand-in for NVIDIA's library, compiled from {@code src/test/c} into a driver root of its own, and what a test
 * can do to the machine behind it.
 *
 * @param root the driver root
 * @param library the library in it
 * @param hooks what tests do to the machine
 */
record FakeDriver(Path root, Path library, Hooks hooks) {

    private static final Path SOURCES = Path.of("src", "test", "c");
    private static final Duration COMPILER_LIMIT = Duration.ofMinutes(2);

    /** Compiled without the symbols that newer drivers have. */
    static final String OLD = "-DOLD_DRIVER";

    /** The functions beside NVML's own; {@code src/test/c/hooks.c} says what they do. */
    @SuppressWarnings("MemberName") // the names of exported symbols
    interface Hooks extends Library {
        int fake_boot(String models, int migEnabled);

        int fake_set(String option, int value);

        int fake_fail(String call, int code, int times);

        int fake_fail_after(String call, int skipped, int code, int times);

        void fake_hold(String call);

        void fake_hold_gpu(int gpu);

        void fake_release();

        int fake_waiting();

        int fake_calls(String call);

        int fake_thread(String call, byte[] name, int length);

        int fake_initialised();

        void fake_lose(int gpu, int lost);

        void fake_reset(int gpu);

        int fake_start(int gpu, int pid, int gpuInstance, int computeInstance, int kinds, long bytes);

        void fake_end(int pid);

        int fake_foreign(int gpu, String profile, int start, int slices1, int slices2);

        void fake_event(int gpu, long type, long data, int gpuInstance, int computeInstance);

        void fake_recovery(int gpu, int action);

        int fake_event_sets();

        void fake_busy(int gpu, int percent);

        int fake_samples();

        void fake_link(int gpu, int peer, int count);

        long layout(String name);
    }

    /** Compiles the library; for tests that are marked with {@link NeedsCompiler}. */
    static FakeDriver compile(Path root, String... options) throws IOException, InterruptedException {
        Path library = root.resolve("usr/lib/x86_64-linux-gnu").resolve(DriverLibrary.NAME);
        Files.createDirectories(library.getParent());
        List<String> command = new ArrayList<>(List.of(
                "gcc", "-shared", "-fPIC", "-O1", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"));
        command.addAll(List.of(options));
        command.addAll(List.of("-o", library.toString()));
        for (String source : List.of("boards.c", "layout.c", "hooks.c", "fake_nvml.c")) {
            command.add(SOURCES.resolve(source).toString());
        }
        command.add("-lpthread");
        Process gcc = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("gcc.log").toFile())
                .start();
        if (!gcc.waitFor(COMPILER_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            gcc.destroyForcibly();
            throw new IOException("gcc did not end within " + COMPILER_LIMIT);
        }
        if (gcc.exitValue() != 0) {
            throw new IOException("gcc failed: " + Files.readString(root.resolve("gcc.log")));
        }
        return new FakeDriver(root, library, Native.load(library.toString(), Hooks.class, Map.of()));
    }

    /** A new machine with one GPU of each model. */
    void boot(boolean migEnabled, String... models) {
        int gpus = hooks.fake_boot(String.join(";", models), migEnabled ? 1 : 0);
        if (gpus != models.length) {
            throw new IllegalArgumentException("src/test/c/boards.c lacks one of " + List.of(models));
        }
    }

    /** Sets one of the ways in which drivers differ ({@code struct machine} in {@code src/test/c/fake.h}). */
    void set(String option, int value) {
        if (hooks.fake_set(option, value) != 0) {
            throw new IllegalArgumentException("src/test/c/hooks.c has no option '" + option + "'");
        }
    }

    /** The next call of that name fails. */
    void failOnce(String call, ReturnCode code) {
        hooks.fake_fail(call, code.number(), 1);
    }

    /** Settings for this library, with short waits. */
    NvmlSettings settings() {
        return new NvmlSettings(
                List.of(root),
                false,
                Duration.ofSeconds(20),
                Duration.ofSeconds(20),
                Duration.ofSeconds(20),
                root.resolve("boot_id"),
                root.resolve("pci"));
    }

    /** The adapter on the machine as it is booted now. */
    NvmlLab open() throws GpuException {
        return open(settings());
    }

    NvmlLab open(NvmlSettings settings) throws GpuException {
        try {
            Files.writeString(settings.bootIdFile(), "7e8fd1c2-5a52-4a0c-9d3c-1f1f6a0e3b11\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new NvmlLab(this, new NvmlDriverProvider().open(settings));
    }

    /** The configuration of an adapter that finds this driver; {@code more} adds to it. */
    Config config(Map<String, String> more) {
        Map<String, String> values = new HashMap<>(Map.of(
                "migpool.nvml.driver-root", root.toString(),
                "migpool.nvml.boot-id-file", root.resolve("boot_id").toString(),
                "migpool.nvml.pci-devices-directory", root.resolve("pci").toString()));
        values.putAll(more);
        return AgentConfig.of(values);
    }
}
