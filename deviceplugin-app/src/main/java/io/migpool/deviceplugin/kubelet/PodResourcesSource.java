package io.migpool.deviceplugin.kubelet;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.migpool.contracts.kubelet.podresources.ContainerDevices;
import io.migpool.contracts.kubelet.podresources.ContainerResources;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesRequest;
import io.migpool.contracts.kubelet.podresources.PodResources;
import io.migpool.contracts.kubelet.podresources.PodResourcesListerGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * kubelet's PodResources API. kubelet answers 100 calls a second at most, so callers that come while one is under way share
 * the next call instead of making one each.
 */
public final class PodResourcesSource implements SlotSource, AutoCloseable {

    private static final long TIMEOUT_SECONDS = 5;
    private static final int LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;

    private final UnixSockets sockets;
    private final Path socket;
    private final Supplier<String> resourceName;
    private final SharedCalls<List<PodResources>> calls = new SharedCalls<>();
    /** Guards {@link #channel}. */
    private final ReentrantLock connecting = new ReentrantLock();

    private @org.jspecify.annotations.Nullable ManagedChannel channel;

    /**
     * @param socket kubelet's PodResources socket
     * @param resourceName the count resource, asked at every call
     */
    public PodResourcesSource(UnixSockets sockets, Path socket, Supplier<String> resourceName) {
        this.sockets = sockets;
        this.socket = socket;
        this.resourceName = resourceName;
    }

    @Override
    public List<PodSlots> pods() throws IOException, InterruptedException {
        return slots(all());
    }

    /** All pods that have devices of any plugin. */
    public List<PodResources> all() throws IOException, InterruptedException {
        return calls.share(this::list);
    }

    private List<PodResources> list() throws IOException {
        if (!Files.exists(socket)) {
            throw new IOException(socket + " does not exist; kubelet is not up, or serves PodResources elsewhere");
        }
        try {
            return PodResourcesListerGrpc.newBlockingStub(channel())
                    .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .withMaxInboundMessageSize(LARGEST_ANSWER_BYTES)
                    .list(ListPodResourcesRequest.getDefaultInstance())
                    .getPodResourcesList();
        } catch (StatusRuntimeException e) {
            throw new IOException("PodResources on " + socket + " answered " + e.getStatus(), e);
        }
    }

    private ManagedChannel channel() throws IOException {
        connecting.lock();
        try {
            if (channel == null) {
                channel = sockets.connect(socket);
            }
            return channel;
        } finally {
            connecting.unlock();
        }
    }

    private List<PodSlots> slots(List<PodResources> pods) {
        List<PodSlots> result = new ArrayList<>();
        for (PodResources pod : pods) {
            Map<String, NavigableSet<String>> containers = new TreeMap<>();
            for (ContainerResources container : pod.getContainersList()) {
                NavigableSet<String> ids = new TreeSet<>(Slot.ORDER);
                for (ContainerDevices devices : container.getDevicesList()) {
                    if (devices.getResourceName().equals(resourceName.get())) {
                        ids.addAll(devices.getDeviceIdsList());
                    }
                }
                if (!ids.isEmpty()) {
                    containers.put(container.getName(), ids);
                }
            }
            if (!containers.isEmpty()) {
                result.add(new PodSlots(new PodKey.ByName(pod.getNamespace(), pod.getName()), containers));
            }
        }
        return result;
    }

    @Override
    public void close() {
        connecting.lock();
        try {
            if (channel != null) {
                channel.shutdownNow();
                channel = null;
            }
        } finally {
            connecting.unlock();
        }
    }
}
