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
 * kubelet's part in a rehearsal: in a directory of its own it writes a checkpoint and makes the calls that kubelet makes when a
 * container starts, over a socket that nobody else knows.
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
     * Serves what is rehearsed.
     *
     * @param directory for the socket and the checkpoint
     * @param resourceName the resource of which the checkpoint tells
     * @throws IOException if the socket cannot be made
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

    /** Nobody listens to the devices of a rehearsal. */
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
