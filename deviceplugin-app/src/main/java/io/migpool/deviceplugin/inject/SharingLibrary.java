package io.migpool.deviceplugin.inject;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Finds HAMi's intercepting library on the host. HAMi copies it there under the name of its release,
 * {@code libvgpu.so.v2.9.0}, next to those of earlier releases; installed by hand it has no version.
 */
final class SharingLibrary {

    private static final System.Logger LOG = System.getLogger(SharingLibrary.class.getName());

    /** Its name in every container. */
    static final String NAME = "libvgpu.so";

    private static final String BEFORE_VERSION = NAME + ".";

    private SharingLibrary() {}

    /** Returns the library of the newest release, otherwise the one without a version, whether or not that exists. */
    static Path in(Path directory) {
        Map<Version, Path> released = new TreeMap<>(Comparator.reverseOrder());
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, BEFORE_VERSION + "*")) {
            for (Path file : files) {
                if (Files.isRegularFile(file)) {
                    version(file).ifPresent(version -> released.put(version, file));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.log(Level.DEBUG, "no release of the library found in " + directory, e);
        }
        return released.values().stream().findFirst().orElse(directory.resolve(NAME));
    }

    /** Returns the version; empty for a file that is not a release, such as a backup copy or the build of a branch. */
    private static Optional<Version> version(Path file) {
        String suffix = file.getFileName().toString().substring(BEFORE_VERSION.length());
        try {
            return Optional.of(Version.parse(suffix.startsWith("v") ? suffix.substring(1) : suffix));
        } catch (IllegalArgumentException e) {
            LOG.log(Level.TRACE, file + " has no version", e);
            return Optional.empty();
        }
    }
}
