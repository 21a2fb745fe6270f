package io.migpool.deviceplugin.kubelet;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.migpool.contracts.kubelet.deviceplugin.Device;
import io.migpool.contracts.kubelet.deviceplugin.ListAndWatchResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The open ListAndWatch calls. Each gets the slots at once and again after every change; ends that kubelet causes are
 * reported, ends that we cause are not.
 */
final class SlotStreams {

    private static final System.Logger LOG = System.getLogger(SlotStreams.class.getName());
    private static final String HEALTHY = "Healthy";
    private static final String UNHEALTHY = "Unhealthy";

    private final SlotSupply supply;
    private final Runnable onEnd;
    /** Guards {@link #lastSent} and the writing to its streams, which are not thread-safe; nothing blocks under it. */
    private final ReentrantLock writing = new ReentrantLock();

    private final Map<StreamObserver<ListAndWatchResponse>, List<Slot>> lastSent = new HashMap<>();

    SlotStreams(SlotSupply supply, Runnable onEnd) {
        this.supply = supply;
        this.onEnd = onEnd;
    }

    void open(ServerCallStreamObserver<ListAndWatchResponse> stream) {
        stream.setOnCancelHandler(() -> ended(stream));
        writing.lock();
        try {
            lastSent.put(stream, List.of());
            send(stream, supply.slots());
        } finally {
            writing.unlock();
        }
    }

    /** Sends the slots to every stream that does not have them yet. */
    void push() {
        List<Slot> slots = supply.slots();
        writing.lock();
        try {
            List.copyOf(lastSent.keySet()).forEach(stream -> {
                if (!slots.equals(lastSent.get(stream))) {
                    send(stream, slots);
                }
            });
        } finally {
            writing.unlock();
        }
    }

    private void send(StreamObserver<ListAndWatchResponse> stream, List<Slot> slots) {
        ListAndWatchResponse.Builder response = ListAndWatchResponse.newBuilder();
        for (Slot slot : slots) {
            response.addDevices(Device.newBuilder().setID(slot.id()).setHealth(slot.healthy() ? HEALTHY : UNHEALTHY));
        }
        try {
            stream.onNext(response.build());
            lastSent.put(stream, slots);
        } catch (RuntimeException cancelled) {
            // gRPC throws when the call ended in between; its cancel handler tells the rest.
            LOG.log(System.Logger.Level.DEBUG, "a ListAndWatch call ended while slots were sent", cancelled);
        }
    }

    private void ended(StreamObserver<ListAndWatchResponse> stream) {
        boolean ours;
        writing.lock();
        try {
            ours = lastSent.remove(stream) == null;
        } finally {
            writing.unlock();
        }
        if (!ours) {
            onEnd.run();
        }
    }

    boolean isEmpty() {
        writing.lock();
        try {
            return lastSent.isEmpty();
        } finally {
            writing.unlock();
        }
    }

    /**
     * Ends all streams from our side.
     *
     * @return whether there was any
     */
    boolean endAll() {
        writing.lock();
        try {
            List<StreamObserver<ListAndWatchResponse>> open = List.copyOf(lastSent.keySet());
            lastSent.clear();
            open.forEach(stream -> {
                try {
                    stream.onCompleted();
                } catch (RuntimeException cancelled) {
                    LOG.log(System.Logger.Level.DEBUG, "a ListAndWatch call had ended already", cancelled);
                }
            });
            return !open.isEmpty();
        } finally {
            writing.unlock();
        }
    }
}
