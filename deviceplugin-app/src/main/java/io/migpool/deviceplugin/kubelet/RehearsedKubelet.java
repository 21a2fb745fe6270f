package io.migpool.deviceplugin.kubelet;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.migpool.contracts.kubelet.deviceplugin.AllocateRequest;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateRequest;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginGrpc;
import io.migpool.contracts.kubelet.deviceplugin.PreStartContainerRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * kubelet's part in a rehearsal: writes a checkpoint in a directory of its own and makes the calls of a container
 * start, over a private socket.
 */
public final class RehearsedKubelet implements AutoCloseable {

    private static final String SOCKET = "rehearsal.sock";
    private static final long CALL_TIMEOUT_SECONDS = 5;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final UnixSockets sockets = new UnixSockets();
    private final Path directory;
    private final String resourceName;
    private final Server server;
    private final ManagedChannel channel;

    private RehearsedKubelet(Path directory, String resourceName, AllocationHandler devices) throws IOException {
        this.directory = directory;
        this.resourceName = resourceName;
        this.server = sockets.serve(
                directory.resolve(SOCKET),
                new DevicePluginService(
                        devices, new DeviceStreams(new NoDevices(), () -> {}, () -> {}), KubeletObserver.NONE));
        this.channel = sockets.connect(directory.resolve(SOCKET));
    }

    /**
     * Starts serving for a rehearsal.
     *
     * @param directory directory of the socket and the checkpoint
     * @param resourceName the resource in the checkpoint
     * @throws IOException if the socket cannot be created
     */
    public static RehearsedKubelet serving(Path directory, String resourceName, AllocationHandler devices)
            throws IOException {
        return new RehearsedKubelet(directory, resourceName, devices);
    }

    /**
     * Starts a container that has one slot.
     *
     * @throws IOException if the checkpoint cannot be written
     * @throws io.grpc.StatusRuntimeException if a call fails
     */
    public void start(String podUid, String container, String slot) throws IOException {
        DevicePluginGrpc.DevicePluginBlockingStub calls =
                DevicePluginGrpc.newBlockingStub(channel).withDeadlineAfter(CALL_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        var _ = calls.allocate(AllocateRequest.newBuilder()
                .addContainerRequests(ContainerAllocateRequest.newBuilder().addDevicesIds(slot))
                .build());
        var checkpoint = JSON.createObjectNode();
        checkpoint
                .putObject("Data")
                .putArray("PodDeviceEntries")
                .addObject()
                .put("PodUID", podUid)
                .put("ContainerName", container)
                .put("ResourceName", resourceName)
                .putObject("DeviceIDs")
                .putArray("-1")
                .add(slot);
        Files.writeString(directory.resolve(CheckpointFile.NAME), checkpoint.toString());
        var _ = calls.preStartContainer(
                PreStartContainerRequest.newBuilder().addDevicesIds(slot).build());
    }

    /** An empty supply, because nothing listens to the devices of a rehearsal. */
    private record NoDevices() implements DeviceSupply {

        @Override
        public List<OfferedDevice> devices() {
            return List.of();
        }

        @Override
        public void onChange(Runnable listener) {}
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
        sockets.close();
    }
}
