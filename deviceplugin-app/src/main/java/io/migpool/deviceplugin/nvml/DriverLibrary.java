package io.migpool.deviceplugin.nvml;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Finds {@code libnvidia-ml.so.1} where NVIDIA's device plugin looks for it: in the usual library directories under a
 * driver root; under the root {@code /} first by name alone, because the dynamic linker finds what the NVIDIA runtime
 * puts into a container.
 */
final class DriverLibrary {

    /** The driver's library; the name without the 1 belongs to the development package, which is only a stub. */
    static final String NAME = "libnvidia-ml.so.1";

    private static final Path ROOT = Path.of("/");
    private static final List<String> DIRECTORIES = List.of(
            "usr/lib64",
            "usr/lib/x86_64-linux-gnu",
            "usr/lib/aarch64-linux-gnu",
            "lib64",
            "lib/x86_64-linux-gnu",
            "lib/aarch64-linux-gnu",
            "glibc/lib");
    /** {@code RTLD_LAZY}: symbols are looked up by name, and not made available to other libraries. */
    private static final int OPEN_LAZILY = 1;

    private DriverLibrary() {}

    /** The library was not found, or could not be loaded anywhere. */
    static final class NotFoundException extends Exception {

        @Serial
        private static final long serialVersionUID = 1L;

        NotFoundException(String message) {
            super(message);
        }
    }

    /**
     * The loaded library.
     *
     * @param library its calls
     * @param from where it was found
     */
    record Loaded(NvmlLibrary library, String from) {}

    /**
     * Loads the first candidate that can be loaded.
     *
     * @throws NotFoundException if there is none; lists every place that was tried and the problem there
     */
    static Loaded load(List<Path> roots) throws NotFoundException {
        List<String> failures = new ArrayList<>();
        for (String candidate : candidates(roots)) {
            try {
                return new Loaded(
                        Native.load(candidate, NvmlLibrary.class, Map.of(Library.OPTION_OPEN_FLAGS, OPEN_LAZILY)),
                        candidate);
            } catch (LinkageError e) {
                failures.add(candidate + ": " + firstLine(e));
            }
        }
        throw new NotFoundException("%s cannot be loaded from the driver roots %s%s"
                .formatted(NAME, roots, failures.isEmpty() ? "" : " (" + String.join("; ", failures) + ")"));
    }

    /** Returns names and paths in the order in which to try them; paths only if they exist. */
    static List<String> candidates(List<Path> roots) {
        List<String> candidates = new ArrayList<>();
        for (Path root : roots) {
            if (root.equals(ROOT)) {
                candidates.add(NAME);
            }
            for (String directory : DIRECTORIES) {
                Path file = root.resolve(directory).resolve(NAME);
                if (Files.exists(file)) {
                    String path = resolved(file);
                    if (!candidates.contains(path)) {
                        candidates.add(path);
                    }
                }
            }
        }
        return candidates;
    }

    /**
     * Returns the file that a link points to, so that the log names the driver's version; the link itself if it is
     * broken.
     */
    private static String resolved(Path file) {
        try {
            return file.toRealPath().toString();
        } catch (IOException e) {
            return file.toString();
        }
    }

    private static String firstLine(LinkageError e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString());
    }
}
