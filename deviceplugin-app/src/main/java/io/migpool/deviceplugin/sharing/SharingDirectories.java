package io.migpool.deviceplugin.sharing;

import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.UUID;

/**
 * Locations of the host directories of containers on software-shared GPUs, as in HAMi.
 *
 * @param containers the directory that holds one for each container
 */
public record SharingDirectories(Path containers) {

    private static final char AFTER_UID = '_';
    private static final String CACHE = ".cache";
    private static final String OPEN = "rwxrwxrwx";

    /**
     * Returns the locations below a directory of the host.
     *
     * @param hookPath HAMi's {@code HOOK_PATH}
     */
    public static SharingDirectories under(Path hookPath) {
        return new SharingDirectories(hookPath.resolve("vgpu").resolve("containers"));
    }

    /** Returns the directory of one container, which is mounted into it. */
    public Path of(PodClaim pod, ContainerClaim container) {
        return containers.resolve(pod.uid() + AFTER_UID + container.name());
    }

    /**
     * Creates the directory of a container, removing what an earlier start left in it.
     *
     * @throws IOException if it cannot be emptied or created
     */
    public void make(PodClaim pod, ContainerClaim container) throws IOException {
        Path directory = of(pod, container);
        remove(directory);
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(OPEN));
    }

    /**
     * Removes the directory of a container, which may still write there.
     *
     * @throws IOException if something in it cannot be removed; the rest is gone
     */
    public void remove(Path directory) throws IOException {
        ForeignTree.remove(directory);
    }

    /**
     * Removes everything in a directory that containers write to, and keeps the directory, which may be mounted.
     *
     * @throws IOException if something in it cannot be removed; the rest is gone
     */
    public void empty(Path directory) throws IOException {
        ForeignTree.empty(directory);
    }

    /**
     * Returns whether a directory was made for the sharing of GPUs and nothing else, and is none of the containers'
     * own.
     */
    public boolean owns(Path directory) {
        Path normal = directory.normalize();
        Path own = containers.normalize();
        return !normal.equals(own) && Objects.equals(normal.getParent(), own.getParent());
    }

    /** Returns the uid of the pod to which a directory belongs; empty if it is not a container's. */
    public static String podUid(Path directory) {
        String name = directory.getFileName().toString();
        return name.substring(0, Math.max(0, name.indexOf(AFTER_UID)));
    }

    /** Returns the name of the file that the container's processes share, the same at every start. */
    public static String sharedFile(PodClaim pod, ContainerClaim container) {
        return UUID.nameUUIDFromBytes((pod.uid() + "/" + container.name()).getBytes(StandardCharsets.UTF_8)) + CACHE;
    }

    /** Returns whether a file may be the shared file of a container that HAMi started, where the name is random. */
    static boolean isShared(Path file) {
        return file.getFileName().toString().endsWith(CACHE);
    }
}
