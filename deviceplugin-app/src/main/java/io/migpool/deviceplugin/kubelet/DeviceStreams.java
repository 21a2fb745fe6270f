package io.migpool.deviceplugin.kubelet;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.migpool.contracts.kubelet.deviceplugin.Device;
import io.migpool.contracts.kubelet.deviceplugin.ListAndWatchResponse;
import io.migpool.contracts.kubelet.deviceplugin.NUMANode;
import io.migpool.contracts.kubelet.deviceplugin.TopologyInfo;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The open ListAndWatch calls. Each gets the devices immediately and after every change; ends caused by kubelet are
 * reported, ends caused by us are not.
 */
final class DeviceStreams {

    private static final System.Logger LOG = System.getLogger(DeviceStreams.class.getName());
    private static final String HEALTHY = "Healthy";
    private static final String UNHEALTHY = "Unhealthy";

    private final DeviceSupply supply;
    private final Runnable onOpen;
    private final Runnable onEnd;
    /** Guards {@link #lastSent} and the writing to its streams, which are not thread-safe; nothing blocks under it. */
    private final ReentrantLock writing = new ReentrantLock();

    private final Map<StreamObserver<ListAndWatchResponse>, List<OfferedDevice>> lastSent = new HashMap<>();
    private final AtomicLong looks = new AtomicLong();
    /** Number and result of the newest completed read of the devices; guarded by {@link #writing}. */
    private long newestLook;

    private List<OfferedDevice> newest = List.of();

    DeviceStreams(DeviceSupply supply, Runnable onOpen, Runnable onEnd) {
        this.supply = supply;
        this.onOpen = onOpen;
        this.onEnd = onEnd;
    }

    void open(ServerCallStreamObserver<ListAndWatchResponse> stream) {
        stream.setOnCancelHandler(() -> ended(stream));
        long look = looks.incrementAndGet();
        List<OfferedDevice> devices = supply.devices();
        writing.lock();
        try {
            saw(look, devices);
            lastSent.put(stream, List.of());
            send(stream, newest);
        } finally {
            writing.unlock();
        }
        onOpen.run();
    }

    /** Sends the devices to every stream that does not have them yet. */
    void push() {
        long look = looks.incrementAndGet();
        List<OfferedDevice> devices = supply.devices();
        writing.lock();
        try {
            saw(look, devices);
            List.copyOf(lastSent.keySet()).forEach(stream -> {
                if (!newest.equals(lastSent.get(stream))) {
                    send(stream, newest);
                }
            });
        } finally {
            writing.unlock();
        }
    }

    /** Records a read; reads may overtake each other, and one that began earlier has nothing new. */
    private void saw(long look, List<OfferedDevice> devices) {
        if (look > newestLook) {
            newestLook = look;
            newest = devices;
        }
    }

    private void send(StreamObserver<ListAndWatchResponse> stream, List<OfferedDevice> devices) {
        ListAndWatchResponse.Builder response = ListAndWatchResponse.newBuilder();
        devices.forEach(device -> response.addDevices(device(device)));
        try {
            stream.onNext(response.build());
            lastSent.put(stream, devices);
        } catch (RuntimeException cancelled) {
            // gRPC throws if the call has ended in between; its cancel handler reports that.
            LOG.log(Level.DEBUG, "a ListAndWatch call ended while devices were sent", cancelled);
        }
    }

    private static Device device(OfferedDevice offered) {
        Device.Builder device =
                Device.newBuilder().setID(offered.id()).setHealth(offered.healthy() ? HEALTHY : UNHEALTHY);
        offered.numaNode()
                .ifPresent(node -> device.setTopology(
                        TopologyInfo.newBuilder().addNodes(NUMANode.newBuilder().setID(node))));
        return device.build();
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
     * @return whether there were any
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
                    LOG.log(Level.DEBUG, "a ListAndWatch call had ended already", cancelled);
                }
            });
            return !open.isEmpty();
        } finally {
            writing.unlock();
        }
    }
}
