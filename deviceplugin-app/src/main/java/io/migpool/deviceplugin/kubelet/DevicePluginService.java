package io.migpool.deviceplugin.kubelet;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.migpool.contracts.kubelet.deviceplugin.AllocateRequest;
import io.migpool.contracts.kubelet.deviceplugin.AllocateResponse;
import io.migpool.contracts.kubelet.deviceplugin.CDIDevice;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateRequest;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateResponse;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginGrpc;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginOptions;
import io.migpool.contracts.kubelet.deviceplugin.Empty;
import io.migpool.contracts.kubelet.deviceplugin.ListAndWatchResponse;
import io.migpool.contracts.kubelet.deviceplugin.Mount;
import io.migpool.contracts.kubelet.deviceplugin.PreStartContainerRequest;
import io.migpool.contracts.kubelet.deviceplugin.PreStartContainerResponse;
import io.migpool.contracts.kubelet.deviceplugin.PreferredAllocationRequest;
import io.migpool.contracts.kubelet.deviceplugin.PreferredAllocationResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;

/**
 * Translates kubelet's calls. Allocate answers without further requests, because an error there would fail the pod for
 * good.
 */
final class DevicePluginService extends DevicePluginGrpc.DevicePluginImplBase {

    private static final System.Logger LOG = System.getLogger(DevicePluginService.class.getName());

    private static final String UNFORESEEN = "Unforeseen";

    private final AllocationHandler handler;
    private final DeviceStreams streams;
    private final KubeletObserver observer;

    DevicePluginService(AllocationHandler handler, DeviceStreams streams, KubeletObserver observer) {
        this.handler = handler;
        this.streams = streams;
        this.observer = observer;
    }

    static DevicePluginOptions options() {
        return DevicePluginOptions.newBuilder().setPreStartRequired(true).build();
    }

    @Override
    public void getDevicePluginOptions(Empty request, StreamObserver<DevicePluginOptions> response) {
        response.onNext(options());
        response.onCompleted();
    }

    @Override
    public void listAndWatch(Empty request, StreamObserver<ListAndWatchResponse> response) {
        streams.open((ServerCallStreamObserver<ListAndWatchResponse>) response);
    }

    /** Devices of one resource are all alike, so there is no preference; the options tell kubelet not to call this. */
    @Override
    public void getPreferredAllocation(
            PreferredAllocationRequest request, StreamObserver<PreferredAllocationResponse> response) {
        response.onNext(PreferredAllocationResponse.getDefaultInstance());
        response.onCompleted();
    }

    @Override
    public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> response) {
        long begin = System.nanoTime();
        AllocateResponse.Builder answer = AllocateResponse.newBuilder();
        try {
            for (ContainerAllocateRequest container : request.getContainerRequestsList()) {
                answer.addContainerResponses(allocate(container));
            }
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Allocate failed", e);
            observer.allocated(since(begin), Optional.of("StaleFile"));
            response.onError(
                    Status.INTERNAL.withDescription(e.getMessage()).withCause(e).asRuntimeException());
            return;
        } catch (RuntimeException e) {
            observer.allocated(since(begin), Optional.of(UNFORESEEN));
            response.onError(unforeseen("Allocate", e));
            return;
        }
        observer.allocated(since(begin), Optional.empty());
        response.onNext(answer.build());
        response.onCompleted();
    }

    private ContainerAllocateResponse allocate(ContainerAllocateRequest container) throws IOException {
        ContainerAllocateResponse.Builder answer = ContainerAllocateResponse.newBuilder();
        if (container.getDevicesIdsCount() > 0) {
            AllocationHandler.Answer named = handler.reserve(Slot.sorted(container.getDevicesIdsList()));
            named.cdiDevices()
                    .forEach(name -> answer.addCdiDevices(CDIDevice.newBuilder().setName(name)));
            answer.putAllEnvs(named.environment());
            named.mounts()
                    .forEach(mount -> answer.addMounts(Mount.newBuilder()
                            .setHostPath(mount.hostPath())
                            .setContainerPath(mount.containerPath())
                            .setReadOnly(mount.readOnly())));
        }
        return answer.build();
    }

    @Override
    public void preStartContainer(
            PreStartContainerRequest request, StreamObserver<PreStartContainerResponse> response) {
        long begin = System.nanoTime();
        try {
            if (request.getDevicesIdsCount() > 0) {
                handler.prepare(Slot.sorted(request.getDevicesIdsList()));
            }
        } catch (PreparationException e) {
            observer.prepared(since(begin), Optional.of(e.reason()));
            response.onError(Status.FAILED_PRECONDITION
                    .withDescription(e.getMessage())
                    .withCause(e)
                    .asRuntimeException());
            return;
        } catch (RuntimeException e) {
            observer.prepared(since(begin), Optional.of(UNFORESEEN));
            response.onError(unforeseen("PreStartContainer", e));
            return;
        }
        observer.prepared(since(begin), Optional.empty());
        response.onNext(PreStartContainerResponse.getDefaultInstance());
        response.onCompleted();
    }

    /** Converts an unexpected exception, whose text kubelet shows on the pod. */
    private static StatusRuntimeException unforeseen(String call, RuntimeException e) {
        LOG.log(Level.ERROR, call + " failed unexpectedly", e);
        return Status.INTERNAL
                .withDescription(call + " failed unexpectedly, see the node agent's log: " + e)
                .withCause(e)
                .asRuntimeException();
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }
}
