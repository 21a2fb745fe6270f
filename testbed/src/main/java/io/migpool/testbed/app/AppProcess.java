package io.migpool.testbed.app;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A real application as a process of its own, with the JVM as it is in a container of 256 MiB: it can be killed without notice,
 * and its memory can be measured.
 */
public final class AppProcess implements AutoCloseable {

    /** What the JVM would choose by itself in such a container: a quarter of the memory as heap, the serial collector. */
    private static final List<String> JVM = List.of(
            "-XX:MaxRAM=256m",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
    private static final int KIBIBYTES = 1024;
    private static final int OK = 200;
    private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

    private final Process process;
    private final int port;
    private final Path log;
    private final HttpClient http = HttpClient.newHttpClient();

    private AppProcess(Process process, int port, Path log) {
        this.process = process;
        this.port = port;
        this.log = log;
    }

    /**
     * Starts an application; returns at once.
     *
     * @param app which one
     * @param configuration MicroProfile properties that win over everything else; the port is chosen here
     * @param directory where its configuration and its log are written; created if absent
     */
    public static AppProcess start(AppKind app, Map<String, String> configuration, Path directory) throws IOException {
        int port = freePort();
        Map<String, String> settings = new HashMap<>(configuration);
        settings.put("server.port", Integer.toString(port));
        EmbeddedApp.writeSettings(settings, directory);
        String classPath = directory
                + File.pathSeparator
                + AppClassLoader.entries(app).stream()
                        .map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM);
        command.addAll(List.of("-classpath", classPath, app.mainClass()));
        Path log = directory.resolve("log.txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        return new AppProcess(builder.start(), port, log);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Whether it says that it is ready. */
    public boolean isReady() throws InterruptedException {
        try {
            return get("/health/ready").statusCode() == OK;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Sum of a metric over all its labels; 0 while there is none. */
    public double metric(String name) throws IOException, InterruptedException {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Value of a metric with one of its labels; 0 while there is none. */
    public double metric(String name, String label, String value) throws IOException, InterruptedException {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{") && line.contains(label + "=\"" + value + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(CALL_LIMIT)
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /**
     * Resident memory in MiB.
     *
     * @throws IOException on systems without {@code /proc}, and if it does not run
     */
    public long residentMiB() throws IOException {
        Matcher resident = RESIDENT.matcher(Files.readString(Path.of("/proc", Long.toString(process.pid()), "status")));
        if (!resident.find()) {
            throw new IOException("process " + process.pid() + " tells no resident memory");
        }
        return Long.parseLong(resident.group(1)) / KIBIBYTES;
    }

    /** Kills it, as the kernel or a power cut would, and waits until it is gone. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** What it has written so far. */
    public String log() throws IOException {
        return Files.readString(log);
    }

    /** Asks it to stop and waits. */
    @Override
    public void close() {
        http.close();
        process.destroy();
        try {
            if (!process.waitFor(CALL_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
