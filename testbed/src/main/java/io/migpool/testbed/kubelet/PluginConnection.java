package io.migpool.testbed.kubelet;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.migpool.contracts.kubelet.deviceplugin.AllocateRequest;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateRequest;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateResponse;
import io.migpool.contracts.kubelet.deviceplugin.ContainerPreferredAllocationRequest;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginGrpc;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginOptions;
import io.migpool.contracts.kubelet.deviceplugin.Empty;
import io.migpool.contracts.kubelet.deviceplugin.ListAndWatchResponse;
import io.migpool.contracts.kubelet.deviceplugin.PreStartContainerRequest;
import io.migpool.contracts.kubelet.deviceplugin.PreferredAllocationRequest;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/** kubelet's connection to one registered plugin, from the dial-back to the end of its ListAndWatch stream. */
final class PluginConnection implements AutoCloseable {

    private static final Logger LOG = System.getLogger(PluginConnection.class.getName());

    private final ManagedChannel channel;
    private final Duration dialTimeout;
    private final Duration preStartTimeout;

    PluginConnection(ManagedChannel channel, KubeletTiming timing) {
        this.channel = channel;
        this.dialTimeout = timing.dialTimeout();
        this.preStartTimeout = timing.preStartTimeout();
    }

    DevicePluginOptions options() {
        return calls().withDeadlineAfter(dialTimeout)
                .withWaitForReady()
                .getDevicePluginOptions(Empty.getDefaultInstance());
    }

    /** Follows the plugin's list; {@code ended} is called exactly once, when no more will come. */
    void follow(Consumer<List<PluginDevice>> announced, Runnable ended) {
        var observer = new StreamObserver<ListAndWatchResponse>() {
            @Override
            public void onNext(ListAndWatchResponse list) {
                announced.accept(
                        list.getDevicesList().stream().map(PluginDevice::of).toList());
            }

            @Override
            public void onError(Throwable failure) {
                LOG.log(Level.DEBUG, "The list of a plugin ended: {0}", failure.getMessage());
                ended.run();
            }

            @Override
            public void onCompleted() {
                ended.run();
            }
        };
        // Outside the context of the Register call that leads here: the end of that call would cancel the stream.
        Context.ROOT.run(() -> DevicePluginGrpc.newStub(channel).listAndWatch(Empty.getDefaultInstance(), observer));
    }

    /** Allocates for one container, without a time limit; like kubelet, never for several containers in one request. */
    ContainerAllocateResponse allocate(Collection<String> ids) {
        var request = AllocateRequest.newBuilder()
                .addContainerRequests(ContainerAllocateRequest.newBuilder().addAllDevicesIds(ids))
                .build();
        var responses = calls().allocate(request).getContainerResponsesList();
        if (responses.isEmpty()) {
            throw new PluginException("Allocate of %s answered no container response".formatted(ids));
        }
        return responses.getFirst();
    }

    List<String> preferred(Collection<String> available, Collection<String> mustInclude, int size) {
        var request = PreferredAllocationRequest.newBuilder()
                .addContainerRequests(ContainerPreferredAllocationRequest.newBuilder()
                        .addAllAvailableDeviceIDs(available)
                        .addAllMustIncludeDeviceIDs(mustInclude)
                        .setAllocationSize(size))
                .build();
        var responses = calls().getPreferredAllocation(request).getContainerResponsesList();
        return responses.isEmpty() ? List.of() : responses.getFirst().getDeviceIDsList();
    }

    void preStart(Collection<String> ids) {
        // The answer has no fields: returning is the plugin's consent.
        var _ = calls().withDeadlineAfter(preStartTimeout)
                .preStartContainer(PreStartContainerRequest.newBuilder()
                        .addAllDevicesIds(ids)
                        .build());
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private DevicePluginGrpc.DevicePluginBlockingStub calls() {
        return DevicePluginGrpc.newBlockingStub(channel);
    }
}
