package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Options of a kubelet.
 *
 * @param root directory that stands for {@code /var/lib/kubelet}; short, because a unix socket's path must stay below 108 bytes
 * @param client client of the API server; stays open when the kubelet is closed
 * @param hostCdiDirectory directory that stands for {@code /etc/cdi}; may be absent
 * @param cdiDirectory directory that stands for {@code /var/run/cdi}, which a reboot empties; has precedence
 * @param labels labels of the Node, in addition to {@code kubernetes.io/hostname}
 * @param capacity capacity of the Node without device plugin resources: {@code cpu}, {@code memory}, {@code pods}
 * @param hostIp address of the node
 * @param timing waits and limits
 * @param seed seed of the choice among free devices and of the jitter
 * @param listeners notified of every container that starts or stops, on the thread that starts or stops it
 */
public record KubeletOptions(
        String nodeName,
        Path root,
        KubernetesClient client,
        Path hostCdiDirectory,
        Path cdiDirectory,
        Map<String, String> labels,
        Map<String, Quantity> capacity,
        String hostIp,
        KubeletTiming timing,
        long seed,
        List<ContainerRuntimeListener> listeners) {

    private static final int LONGEST_SOCKET_PATH = 107;

    /** Copies the collections and rejects a root directory whose socket paths would be too long. */
    public KubeletOptions {
        labels = Map.copyOf(labels);
        capacity = Map.copyOf(capacity);
        listeners = List.copyOf(listeners);
        var socket = root.resolve("device-plugins").resolve("kubelet.sock").toString();
        if (socket.length() > LONGEST_SOCKET_PATH) {
            throw new IllegalArgumentException(
                    "root is %s: the socket path %s has %d characters, at most %d are possible"
                            .formatted(root, socket, socket.length(), LONGEST_SOCKET_PATH));
        }
    }

    /**
     * Returns options with the real kubelet's timing, 64 CPUs, 512 GiB of memory, room for 110 pods and the CDI directories
     * {@code <root>/etc-cdi} and {@code <root>/cdi}.
     */
    public static KubeletOptions of(String nodeName, Path root, KubernetesClient client) {
        return new KubeletOptions(
                nodeName,
                root,
                client,
                root.resolve("etc-cdi"),
                root.resolve("cdi"),
                Map.of(),
                Map.of("cpu", new Quantity("64"), "memory", new Quantity("512Gi"), "pods", new Quantity("110")),
                "127.0.0.1",
                KubeletTiming.kubernetes(),
                1,
                List.of());
    }

    /** Returns the same options with another directory of the host's own CDI files. */
    public KubeletOptions withHostCdiDirectory(Path directory) {
        return new KubeletOptions(
                nodeName, root, client, directory, cdiDirectory, labels, capacity, hostIp, timing, seed, listeners);
    }

    /** Returns the same options with other labels. */
    public KubeletOptions withLabels(Map<String, String> newLabels) {
        return new KubeletOptions(
                nodeName,
                root,
                client,
                hostCdiDirectory,
                cdiDirectory,
                newLabels,
                capacity,
                hostIp,
                timing,
                seed,
                listeners);
    }

    /** Returns the same options with another capacity. */
    public KubeletOptions withCapacity(Map<String, Quantity> newCapacity) {
        return new KubeletOptions(
                nodeName,
                root,
                client,
                hostCdiDirectory,
                cdiDirectory,
                labels,
                newCapacity,
                hostIp,
                timing,
                seed,
                listeners);
    }

    /** Returns the same options with another timing. */
    public KubeletOptions withTiming(KubeletTiming newTiming) {
        return new KubeletOptions(
                nodeName,
                root,
                client,
                hostCdiDirectory,
                cdiDirectory,
                labels,
                capacity,
                hostIp,
                newTiming,
                seed,
                listeners);
    }

    /** Returns the same options with other listeners. */
    public KubeletOptions withListeners(List<ContainerRuntimeListener> newListeners) {
        return new KubeletOptions(
                nodeName,
                root,
                client,
                hostCdiDirectory,
                cdiDirectory,
                labels,
                capacity,
                hostIp,
                timing,
                seed,
                newListeners);
    }
}
