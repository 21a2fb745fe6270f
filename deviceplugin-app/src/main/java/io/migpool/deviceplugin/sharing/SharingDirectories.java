package io.migpool.deviceplugin.sharing;

import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Where containers on software-shared GPUs have their directories on the host, as HAMi has them.
 *
 * @param containers the directory that holds one for each container
 */
public record SharingDirectories(Path containers) {

    private static final char AFTER_UID = '_';
    private static final String CACHE = ".cache";

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
