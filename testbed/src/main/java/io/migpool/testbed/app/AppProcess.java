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
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A real application as a separate process: it can be killed without notice, and its memory can be measured. Closing
 * stops it in an orderly way.
 */
public final class AppProcess implements AutoCloseable {

    static final List<String> ACCESS =
            List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

    /** Variables in which a JVM and its launcher look for more options. */
    private static final Set<String> OPTIONS_OF_JVMS = Set.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS");

    private static final String PORT = "server.port";
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
    private static final int KIBIBYTES = 1024;
    private static final int OK = 200;
    private static final int LAST_LINES = 20;
    private static final Duration CALL_LIMIT = Duration.ofSeconds(10);
    private static final Duration LONGEST_START = Duration.ofMinutes(2);
    /** Long, because a packaged application writes its class archive when it first stops. */
    private static final Duration LONGEST_END = Duration.ofSeconds(30);

    private final Process process;
    private final int port;
    private final Path log;
    private final long started;
    private final HttpClient http = HttpClient.newHttpClient();

    private AppProcess(Process process, int port, Path log, long started) {
        this.process = process;
        this.port = port;
        this.log = log;
        this.started = started;
    }

    /**
     * Starts an application from this JVM's class path, where its classes may be in directories; returns immediately.
     *
     * @param app which one
     * @param configuration MicroProfile properties that win over everything else; the port is chosen here
     * @param directory where its configuration and its log are written; created if absent
     */
    public static AppProcess start(AppKind app, Map<String, String> configuration, Path directory) throws IOException {
        return start(app, configuration, PORT, System.getenv(), directory);
    }

    /**
     * As {@link #start(AppKind, Map, Path)}, with other variables.
     *
     * @param portKey the property that takes the port of health and metrics, which is chosen here
     * @param environment all environment variables of the process
     */
    public static AppProcess start(
            AppKind app,
            Map<String, String> configuration,
            String portKey,
            Map<String, String> environment,
            Path directory)
            throws IOException {
        int port = freePort();
        Map<String, String> settings = new HashMap<>(configuration);
        settings.put(portKey, Integer.toString(port));
        EmbeddedApp.writeSettings(settings, directory);
        String classPath = directory
                + File.pathSeparator
                + AppClassLoader.entries(app).stream()
                        .map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(thisJava(), "-XX:MaxRAM=256m", "-XX:+UseSerialGC"));
        command.addAll(ACCESS);
        command.addAll(List.of("-classpath", classPath, app.mainClass()));
        return launch(command, port, environment, directory);
    }

    /**
     * Starts an application as users do, with the memory of its container; returns immediately.
     *
     * @param app the application, already built
     * @param settings MicroProfile properties that win over everything else
     * @param portKey the property that takes the port of health and metrics, which is chosen here
     * @param directory directory for its log and for files that it keeps for later starts; created if absent
     * @throws IOException if it has not been built
     */
    public static AppProcess delivered(DeliveredApp app, Map<String, String> settings, String portKey, Path directory)
            throws IOException {
        int port = freePort();
        Files.createDirectories(directory);
        Map<String, String> all = new HashMap<>(settings);
        all.put(portKey, Integer.toString(port));
        return launch(app.command(all, directory), port, System.getenv(), directory);
    }

    /** Returns the program that runs this JVM. */
    static String thisJava() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Returns settings as JVM options. */
    static List<String> properties(Map<String, String> settings) {
        return settings.entrySet().stream()
                .map(setting -> "-D" + setting.getKey() + "=" + setting.getValue())
                .toList();
    }

    private static AppProcess launch(List<String> command, int port, Map<String, String> environment, Path directory)
            throws IOException {
        Path log = directory.resolve("log.txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().keySet().removeAll(OPTIONS_OF_JVMS);
        long started = System.nanoTime();
        return new AppProcess(builder.start(), port, log, started);
    }

    /** Returns a port of the loopback address that was free just now. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Returns the port of health and metrics. */
    public int port() {
        return port;
    }

    /** Returns its JVM. */
    public AppJvm jvm() {
        return new AppJvm(process.pid());
    }

    /** Returns whether it reports that it is ready. */
    public boolean isReady() throws InterruptedException {
        try {
            return get("/health/ready").statusCode() == OK;
        } catch (IOException notYet) {
            return false;
        }
    }

    /**
     * Waits until it reports that it is ready.
     *
     * @return the time since its process began
     * @throws IOException if it ends, or is not ready within two minutes; has the end of its log
     */
    public Duration awaitReady() throws IOException, InterruptedException {
        return awaitReady(LONGEST_START);
    }

    /**
     * As {@link #awaitReady()}, with another limit.
     *
     * @param longest the time since its process began after which it is not waited for any longer
     */
    public Duration awaitReady(Duration longest) throws IOException, InterruptedException {
        while (!isReady()) {
            if (System.nanoTime() - started > longest.toNanos() || !process.isAlive()) {
                List<String> lines = Files.readAllLines(log);
                throw new IOException("it " + (process.isAlive() ? "is not ready" : "has ended")
                        + "; its log ends with\n"
                        + String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size())));
            }
            process.waitFor(5, TimeUnit.MILLISECONDS);
        }
        return Duration.ofNanos(System.nanoTime() - started);
    }

    /** Returns the sum of a metric over all its labels; 0 if it does not exist. */
    public double metric(String name) throws IOException, InterruptedException {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Returns the value of a metric with one of its labels; 0 if it does not exist. */
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
     * Returns its resident memory in MiB.
     *
     * @throws IOException on systems without {@code /proc}, or if it is not running
     */
    public long residentMiB() throws IOException {
        Matcher resident = RESIDENT.matcher(Files.readString(Path.of("/proc", Long.toString(process.pid()), "status")));
        if (!resident.find()) {
            throw new IOException("process " + process.pid() + " tells no resident memory");
        }
        return Long.parseLong(resident.group(1)) / KIBIBYTES;
    }

    /**
     * Returns the processor time that it has used so far.
     *
     * @throws IOException on systems that do not report it, or if it is not running
     */
    public Duration processorTime() throws IOException {
        return process.info()
                .totalCpuDuration()
                .orElseThrow(() -> new IOException("process " + process.pid() + " tells no processor time"));
    }

    /** Kills it and its child processes, as the kernel or a power cut would, and waits until it is gone. */
    public void kill() throws InterruptedException {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
    }

    /**
     * Asks it to stop and waits.
     *
     * @return whether it ended within that time
     */
    public boolean end(Duration longest) throws InterruptedException {
        process.destroy();
        return process.waitFor(longest);
    }

    /** Returns its output so far. */
    public String log() throws IOException {
        return Files.readString(log);
    }

    /** Asks it to stop and waits; kills it if that takes too long. */
    @Override
    public void close() {
        http.close();
        try {
            if (!end(LONGEST_END)) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
