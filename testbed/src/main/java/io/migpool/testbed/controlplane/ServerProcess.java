package io.migpool.testbed.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server in a process of its own: started, awaited, stopped, and killed if it does not stop. It writes to a log file,
 * whose end is part of every error message about it. It does not outlive this JVM.
 */
final class ServerProcess implements AutoCloseable {

    private static final Duration STEP = Duration.ofMillis(50);
    private static final int TAIL_CHARACTERS = 2_000;

    private final String name;
    private final Path log;
    private final Process process;
    private final Duration stopLimit;
    private final Thread atExit;

    /** Checks whether the server serves. A failure to find out counts as not yet. */
    interface Probe {
        boolean isReady() throws IOException, InterruptedException;
    }

    private ServerProcess(String name, Path log, Process process, Duration stopLimit) {
        this.name = name;
        this.log = log;
        this.process = process;
        this.stopLimit = stopLimit;
        this.atExit = new Thread(process::destroyForcibly, "kill-" + name);
    }

    /**
     * Starts a program.
     *
     * @param command program and arguments
     * @param directory directory for its log, {@code <program>.log}
     * @param stopLimit how long it may take to stop before it is killed
     * @throws IOException if the program cannot be executed
     */
    static ServerProcess start(List<String> command, Path directory, Duration stopLimit) throws IOException {
        String name = Path.of(command.getFirst()).getFileName().toString();
        Files.createDirectories(directory);
        Path log = directory.resolve(name + ".log");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        ServerProcess started = new ServerProcess(name, log, process, stopLimit);
        Runtime.getRuntime().addShutdownHook(started.atExit);
        return started;
    }

    /**
     * Waits until the probe succeeds.
     *
     * @throws IOException if the process ends first, or the time runs out
     */
    void awaitReady(Probe probe, Duration limit) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        String last = "";
        while (true) {
            try {
                if (probe.isReady()) {
                    return;
                }
            } catch (IOException notYet) {
                last = " (" + notYet.getMessage() + ")";
            }
            if (process.waitFor(STEP.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("%s ended with status %d before it was ready; it wrote:%n%s"
                        .formatted(name, process.exitValue(), tail()));
            }
            if (System.nanoTime() > deadline) {
                throw new IOException(
                        "%s is not ready after %d s%s; it wrote:%n%s".formatted(name, limit.toSeconds(), last, tail()));
            }
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    private String tail() {
        try {
            String text = Files.readString(log, StandardCharsets.ISO_8859_1);
            return text.substring(Math.max(0, text.length() - TAIL_CHARACTERS));
        } catch (IOException e) {
            throw new UncheckedIOException("the log of " + name + " cannot be read", e);
        }
    }

    /** Kills it as the kernel or a power cut would. */
    void kill() {
        process.destroyForcibly();
        close();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(stopLimit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        removeHook();
    }

    private void removeHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException alreadyExiting) {
            // The hook then finds nothing left to kill.
        }
    }
}
