package io.migpool.deviceplugin.host;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs programs that the host or a driver's container has, not the agent's image: each in its own root directory,
 * because its libraries and files are there. Thread-safe; calls block.
 *
 * <p>Output goes to files instead of pipes, so that no thread has to read from a program that hangs in the driver and
 * cannot be killed.
 */
public final class HostPrograms {

    private static final Path ROOT = Path.of("/");
    private static final int LARGEST_OUTPUT = 4 << 20;
    private static final int LONGEST_COMPLAINT = 600;

    private final List<Path> directories;
    private final Duration limit;
    private final Start start;
    private volatile @Nullable Killed killed;

    /** A program that may still hang in the driver, where no signal reaches it. */
    private record Killed(Path program, Process process) {}

    /** Starts a program. */
    @FunctionalInterface
    interface Start {

        Process start(ProcessBuilder program) throws IOException;
    }

    /**
     * @param directories absolute paths of the directories in which programs are looked for, in that order
     * @param limit how long a program may run
     */
    public HostPrograms(List<Path> directories, Duration limit) {
        this(directories, limit, ProcessBuilder::start);
    }

    HostPrograms(List<Path> directories, Duration limit, Start start) {
        this.directories = List.copyOf(directories);
        this.limit = limit;
        this.start = start;
    }

    /**
     * Finds a program.
     *
     * @param root the root directory of the program's files
     * @return its path below the root
     * @throws IOException if it is not there; names the places
     */
    public Path find(Path root, String name) throws IOException {
        return directories.stream()
                .map(directory -> directory.resolve(name))
                .filter(program -> exists(root, program))
                .findFirst()
                .orElseThrow(() -> new IOException("%s is not in %s of %s".formatted(name, directories, root)));
    }

    /** Returns whether there is a file of this path below a root, which may be a link to another place there. */
    public static boolean exists(Path root, Path file) {
        return Files.exists(under(root, file), LinkOption.NOFOLLOW_LINKS);
    }

    /** Returns where a path below a root is in the agent's own files. */
    public static Path under(Path root, Path path) {
        return root.resolve(ROOT.relativize(path));
    }

    /**
     * Runs a program to its end, without input and without the agent's environment variables.
     *
     * @param root its root directory
     * @param program its path below the root
     * @return its standard output
     * @throws IOException if it cannot be run, fails, or does not end in time; it is killed then. Nothing is run while
     *     one that was killed has not ended
     */
    public String run(Path root, Path program, List<String> arguments) throws IOException {
        requireNoneHangs();
        List<String> line = new ArrayList<>(root.equals(ROOT) ? List.of() : List.of("chroot", root.toString()));
        line.add(program.toString());
        line.addAll(arguments);
        Path output = Files.createTempFile("host-program", ".out");
        Path complaints = Files.createTempFile("host-program", ".err");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(line).redirectOutput(output.toFile()).redirectError(complaints.toFile());
            Map<String, String> environment = builder.environment();
            environment.clear();
            environment.put(
                    "PATH",
                    String.join(":", directories.stream().map(Path::toString).toList()));
            int code = ended(program, start.start(builder));
            if (code != 0) {
                throw new IOException("%s exited with %d: %s"
                        .formatted(shown(root, program, arguments), code, lastWords(complaints, output)));
            }
            if (Files.size(output) > LARGEST_OUTPUT) {
                throw new IOException(
                        "%s printed more than %d bytes".formatted(shown(root, program, arguments), LARGEST_OUTPUT));
            }
            return Files.readString(output);
        } finally {
            Files.deleteIfExists(output);
            Files.deleteIfExists(complaints);
        }
    }

    private int ended(Path program, Process process) throws IOException {
        try {
            process.getOutputStream().close();
            if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return process.exitValue();
            }
            throw new IOException("%s has not ended within %s".formatted(program, limit));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while %s runs".formatted(program), e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            if (process.isAlive()) {
                killed = new Killed(program, process);
                process.destroyForcibly();
            }
        }
    }

    /** Each further one would hang, too. */
    private void requireNoneHangs() throws IOException {
        Killed earlier = killed;
        if (earlier != null && earlier.process().isAlive()) {
            throw new IOException(
                    "%s of an earlier attempt (process %d) hangs and cannot be killed; see the kernel log, and reboot the node if it does not end"
                            .formatted(earlier.program(), earlier.process().pid()));
        }
    }

    private static String shown(Path root, Path program, List<String> arguments) {
        String line = String.join(" ", program.toString(), String.join(" ", arguments))
                .strip();
        return root.equals(ROOT) ? line : line + " in " + root;
    }

    /** Returns the end of what a program complained about, or else, as nvidia-smi does, printed. */
    private static String lastWords(Path complaints, Path output) throws IOException {
        String complaint = end(complaints);
        String words = complaint.isEmpty() ? end(output) : complaint;
        return words.isEmpty() ? "no error message" : words;
    }

    /** Returns the end of a file, where the last error is, in one line. */
    private static String end(Path file) throws IOException {
        try (SeekableByteChannel bytes = Files.newByteChannel(file)) {
            bytes.position(Math.max(0, bytes.size() - LONGEST_COMPLAINT));
            return new String(Channels.newInputStream(bytes).readNBytes(LONGEST_COMPLAINT), StandardCharsets.UTF_8)
                    .strip()
                    .replaceAll("\\s+", " ");
        }
    }
}
