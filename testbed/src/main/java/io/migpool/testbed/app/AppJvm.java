package io.migpool.testbed.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The JVM of an application that runs as a separate process, asked with the JDK's {@code jcmd}. The application need not
 * offer anything for that, and Helidon's filter of serialised objects rules JMX out.
 *
 * @param pid the process
 */
public record AppJvm(long pid) {

    private static final Pattern LIVE_OBJECTS = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)$");
    private static final Pattern ALLOCATED = Pattern.compile("(?m)^\".*\" #(\\d+) .* allocated=(\\d+)([BKMG]) ");
    private static final String UNITS = "BKMG";
    private static final int BITS_PER_UNIT = 10;
    private static final Duration LONGEST = Duration.ofSeconds(60);

    /**
     * Collects all garbage, and returns the bytes of the objects that remain in the heap.
     *
     * @throws IOException if it is not running, or this JVM's installation has no {@code jcmd}
     */
    public long heapAfterCollection() throws IOException, InterruptedException {
        String histogram = jcmd("GC.class_histogram");
        Matcher total = LIVE_OBJECTS.matcher(histogram);
        if (!total.find()) {
            throw new IOException("jcmd told no total of the objects of process " + pid + ": " + histogram);
        }
        return Long.parseLong(total.group(1));
    }

    /**
     * What the threads of a JVM have allocated since they started.
     *
     * @param byThread bytes by the number of the thread, which no later thread gets
     */
    public record Allocated(Map<Long, Long> byThread) {

        /** Returns the bytes allocated after an earlier reading, without those of threads that have ended since. */
        public long bytesSince(Allocated earlier) {
            return byThread.entrySet().stream()
                    .mapToLong(thread -> thread.getValue() - earlier.byThread.getOrDefault(thread.getKey(), 0L))
                    .sum();
        }
    }

    /**
     * Returns what its present threads have allocated, of each to about a hundredth. Virtual threads count with the threads
     * that carry them.
     *
     * @throws IOException if it is not running, or this JVM's installation has no {@code jcmd}
     */
    public Allocated allocated() throws IOException, InterruptedException {
        return new Allocated(ALLOCATED
                .matcher(jcmd("Thread.print", "-e"))
                .results()
                .collect(Collectors.toMap(
                        thread -> Long.valueOf(thread.group(1)),
                        thread ->
                                Long.parseLong(thread.group(2)) << (BITS_PER_UNIT * UNITS.indexOf(thread.group(3))))));
    }

    private String jcmd(String command, String... options) throws IOException, InterruptedException {
        Path answer = Files.createTempFile("migpool-jcmd", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid), command);
            builder.command().addAll(List.of(options));
            Process process = builder.redirectErrorStream(true)
                    .redirectOutput(answer.toFile())
                    .start();
            if (!process.waitFor(LONGEST)) {
                process.destroyForcibly();
                throw new IOException("jcmd %s of process %d did not end within %s".formatted(command, pid, LONGEST));
            }
            if (process.exitValue() != 0) {
                throw new IOException(
                        "jcmd %s of process %d failed: %s".formatted(command, pid, Files.readString(answer)));
            }
            return Files.readString(answer);
        } finally {
            Files.delete(answer);
        }
    }
}
