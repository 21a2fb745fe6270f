package io.migpool.deviceplugin.kubelet;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.migpool.contracts.kubelet.podresources.AllocatableResourcesRequest;
import io.migpool.contracts.kubelet.podresources.AllocatableResourcesResponse;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesRequest;
import io.migpool.contracts.kubelet.podresources.PodResources;
import io.migpool.contracts.kubelet.podresources.PodResourcesListerGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * kubelet's PodResources API. kubelet answers at most 100 calls per second, so callers that arrive during a call share
 * the next one instead of making one each.
 */
public final class KubeletPodResources implements AutoCloseable {

    private static final long TIMEOUT_SECONDS = 5;
    private static final int LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;

    private final UnixSockets sockets;
    private final Path socket;
    private final SharedCalls<List<PodResources>> lists = new SharedCalls<>();
    /** Guards {@link #channel}. */
    private final ReentrantLock connecting = new ReentrantLock();

    private @Nullable ManagedChannel channel;

    /**
     * @param socket kubelet's PodResources socket
     */
    public KubeletPodResources(UnixSockets sockets, Path socket) {
        this.sockets = sockets;
        this.socket = socket;
    }

    /** Returns all pods with their devices, for any resource. */
    public List<PodResources> list() throws IOException, InterruptedException {
        return lists.share(() -> asked(stub -> stub.list(ListPodResourcesRequest.getDefaultInstance()))
                .getPodResourcesList());
    }

    /** Returns everything on the node that can be allocated to containers. */
    AllocatableResourcesResponse allocatable() throws IOException {
        return asked(stub -> stub.getAllocatableResources(AllocatableResourcesRequest.getDefaultInstance()));
    }

    /** A call. */
    @FunctionalInterface
    private interface Question<T> {
        T ask(PodResourcesListerGrpc.PodResourcesListerBlockingStub stub);
    }

    private <T> T asked(Question<T> question) throws IOException {
        if (!Files.exists(socket)) {
            throw new IOException(socket + " does not exist; kubelet is not up, or serves PodResources elsewhere");
        }
        ManagedChannel connected = channel();
        try {
            return question.ask(PodResourcesListerGrpc.newBlockingStub(connected)
                    .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .withMaxInboundMessageSize(LARGEST_ANSWER_BYTES));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.UNAVAILABLE) {
                hangUp(connected);
            }
            throw new IOException("PodResources on " + socket + " answered " + e.getStatus(), e);
        }
    }

    /**
     * Drops a broken channel, because its pauses between connection attempts grow, which would delay reconnecting to a
     * kubelet that is back.
     */
    private void hangUp(ManagedChannel broken) {
        connecting.lock();
        try {
            if (broken.equals(channel)) {
                channel = null;
            }
        } finally {
            connecting.unlock();
        }
        broken.shutdown();
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
