package io.migpool.testbed.bench.startup;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A running application with the options that its image has, and a container limit of 512 MiB. Closing ends it in order. */
final class AppProcess implements AutoCloseable {

    private static final Duration LONGEST_START = Duration.ofMinutes(2);
    private static final Duration LONGEST_END = Duration.ofSeconds(30);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(5);
    private static final int OK = 200;
    private static final int KIB_PER_MIB = 1024;

    private final String name;
    private final Process process;
    private final Path log;
    private final long started;

    private AppProcess(String name, Process process, Path log, long started) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.started = started;
    }

    /**
     * Starts one.
     *
     * @param jar its jar, with its libraries beside it
     * @param settings MicroProfile properties
     * @param directory for its log and its archive of classes; an archive that lies there is used
     */
    static AppProcess start(Path jar, Map<String, String> settings, Path directory) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:MaxRAM=512m",
                "-XX:MaxRAMPercentage=60",
                "-XX:+UseSerialGC",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + directory.resolve("classes.jsa"),
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.addAll(List.of("-jar", jar.toString()));
        Path log = directory.resolve("log");
        long started = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new AppProcess(jar.getFileName().toString(), process, log, started);
    }

    /**
     * Waits until it says that it is ready.
     *
     * @return the time since its process began
     * @throws IOException if it ends, or is not ready within two minutes; with the end of its log
     */
    Duration awaitReady(int adminPort) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/health/ready"))
                .timeout(CALL_LIMIT)
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (!isReady(http, request)) {
                if (System.nanoTime() - started > LONGEST_START.toNanos() || !process.isAlive()) {
                    throw new IOException(name + (process.isAlive() ? " is not ready" : " has ended")
                            + "; its log ends with\n" + lastLines());
                }
                process.waitFor(5, TimeUnit.MILLISECONDS);
            }
        }
        return Duration.ofNanos(System.nanoTime() - started);
    }

    private static boolean isReady(HttpClient http, HttpRequest request) throws InterruptedException {
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == OK;
        } catch (IOException e) {
            // Nobody listens yet.
            return false;
        }
    }

    private String lastLines() throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    }

    /** Resident memory in MiB; Linux only. */
    long residentMiB() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) / KIB_PER_MIB;
            }
        }
        throw new IOException("the kernel tells no resident memory of process " + process.pid());
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(LONGEST_END.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
