package io.migpool.deviceplugin.sharing;

import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;

/**
 * Where containers on software-shared GPUs have their directories on the host, as HAMi has them.
 *
 * @param containers the directory that holds one for each container
 */
public record SharingDirectories(Path containers) {

    private static final char AFTER_UID = '_';
    private static final String CACHE = ".cache";
    private static final String OPEN = "rwxrwxrwx";

    /**
     * Those below a directory of the host.
     *
     * @param hookPath HAMi's {@code HOOK_PATH}
     */
    public static SharingDirectories under(Path hookPath) {
        return new SharingDirectories(hookPath.resolve("vgpu").resolve("containers"));
    }

    /** The directory of one container; mounted into it. */
    public Path of(PodClaim pod, ContainerClaim container) {
        return containers.resolve(pod.uid() + AFTER_UID + container.name());
    }

    /**
     * Makes the directory of a container anew, without what an earlier start left in it.
     *
     * @throws IOException if it cannot be emptied or made
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

    /** The pod to whose container a directory belongs; empty if it is none of a container. */
    public static String podUid(Path directory) {
        String name = directory.getFileName().toString();
        return name.substring(0, Math.max(0, name.indexOf(AFTER_UID)));
    }

    /** Name of the file that the container's processes share, the same at every start of it. */
    public static String sharedFile(PodClaim pod, ContainerClaim container) {
        return UUID.nameUUIDFromBytes((pod.uid() + "/" + container.name()).getBytes(StandardCharsets.UTF_8)) + CACHE;
    }

    /** Whether a file may be what the processes of a container that HAMi started share: the name is a random one there. */
    static boolean isShared(Path file) {
        return file.getFileName().toString().endsWith(CACHE);
    }
}
