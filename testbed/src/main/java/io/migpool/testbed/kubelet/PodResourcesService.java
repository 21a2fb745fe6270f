package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.migpool.contracts.kubelet.podresources.ContainerResources;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesRequest;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesResponse;
import io.migpool.contracts.kubelet.podresources.PodResources;
import io.migpool.contracts.kubelet.podresources.PodResourcesListerGrpc;
import java.util.Collection;
import java.util.function.Supplier;

/**
 * PodResources {@code v1}: which devices the containers have, without init containers that end, and without pod uids.
 */
final class PodResourcesService extends PodResourcesListerGrpc.PodResourcesListerImplBase {

    static final double CALLS_PER_SECOND = 100;
    static final int BURST = 10;

    private final Supplier<Collection<Pod>> activePods;
    private final DeviceAllocator devices;
    private final CallLimit limit;

    PodResourcesService(Supplier<Collection<Pod>> activePods, DeviceAllocator devices, CallLimit limit) {
        this.activePods = activePods;
        this.devices = devices;
        this.limit = limit;
    }

    @Override
    public void list(ListPodResourcesRequest request, StreamObserver<ListPodResourcesResponse> answer) {
        if (!limit.tryCall()) {
            answer.onError(Status.RESOURCE_EXHAUSTED
                    .withDescription("rejected by rate limit")
                    .asRuntimeException());
            return;
        }
        var response = ListPodResourcesResponse.newBuilder();
        activePods.get().forEach(pod -> response.addPodResources(resources(pod)));
        answer.onNext(response.build());
        answer.onCompleted();
    }

    private PodResources resources(Pod pod) {
        var resources = PodResources.newBuilder()
                .setName(pod.getMetadata().getName())
                .setNamespace(pod.getMetadata().getNamespace());
        for (var container : ContainerPlan.of(pod)) {
            if (container.kind() == ContainerPlan.Kind.INIT) {
                continue;
            }
            var entry = ContainerResources.newBuilder().setName(container.name());
            for (var held : devices.devicesOf(pod.getMetadata().getUid(), container.name())) {
                entry.addDevicesBuilder().setResourceName(held.resource()).addAllDeviceIds(held.ids());
            }
            resources.addContainers(entry);
        }
        return resources.build();
    }
}
