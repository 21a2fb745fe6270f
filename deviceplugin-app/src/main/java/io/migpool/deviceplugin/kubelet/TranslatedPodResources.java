package io.migpool.deviceplugin.kubelet;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.migpool.contracts.kubelet.podresources.AllocatableResourcesRequest;
import io.migpool.contracts.kubelet.podresources.AllocatableResourcesResponse;
import io.migpool.contracts.kubelet.podresources.ContainerDevices;
import io.migpool.contracts.kubelet.podresources.ContainerResources;
import io.migpool.contracts.kubelet.podresources.GetPodResourcesRequest;
import io.migpool.contracts.kubelet.podresources.GetPodResourcesResponse;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesRequest;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesResponse;
import io.migpool.contracts.kubelet.podresources.PodResources;
import io.migpool.contracts.kubelet.podresources.PodResourcesListerGrpc;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * kubelet's answers with our slots translated. Other resources are passed on unchanged; a slot whose device is not
 * known yet, because its container has not started, keeps its name.
 */
final class TranslatedPodResources extends PodResourcesListerGrpc.PodResourcesListerImplBase {

    private final KubeletPodResources kubelet;
    private final Supplier<String> resourceName;
    private final SlotDevices devices;

    TranslatedPodResources(KubeletPodResources kubelet, Supplier<String> resourceName, SlotDevices devices) {
        this.kubelet = kubelet;
        this.resourceName = resourceName;
        this.devices = devices;
    }

    /** An answer that needs kubelet. */
    @FunctionalInterface
    private interface Answer<T> {
        T make() throws IOException, InterruptedException;
    }

    private static <T> void answer(StreamObserver<T> response, Answer<T> answer) {
        try {
            response.onNext(answer.make());
            response.onCompleted();
        } catch (StatusRuntimeException e) {
            response.onError(e);
        } catch (IOException e) {
            response.onError(Status.UNAVAILABLE
                    .withDescription(e.getMessage())
                    .withCause(e)
                    .asRuntimeException());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            response.onError(Status.UNAVAILABLE
                    .withDescription("the node agent is stopping")
                    .withCause(e)
                    .asRuntimeException());
        }
    }

    @Override
    public void list(ListPodResourcesRequest request, StreamObserver<ListPodResourcesResponse> response) {
        answer(response, () -> ListPodResourcesResponse.newBuilder()
                .addAllPodResources(
                        kubelet.list().stream().map(this::translated).toList())
                .build());
    }

    /** Answers from the list, because kubelet has its own call for this only behind a feature gate. */
    @Override
    public void get(GetPodResourcesRequest request, StreamObserver<GetPodResourcesResponse> response) {
        answer(response, () -> {
            PodResources pod = kubelet.list().stream()
                    .filter(listed -> listed.getName().equals(request.getPodName())
                            && listed.getNamespace().equals(request.getPodNamespace()))
                    .findFirst()
                    .orElseThrow(() -> Status.NOT_FOUND
                            .withDescription("kubelet knows no pod %s/%s with resources"
                                    .formatted(request.getPodNamespace(), request.getPodName()))
                            .asRuntimeException());
            return GetPodResourcesResponse.newBuilder()
                    .setPodResources(translated(pod))
                    .build();
        });
    }

    @Override
    public void getAllocatableResources(
            AllocatableResourcesRequest request, StreamObserver<AllocatableResourcesResponse> response) {
        answer(response, () -> allocatable(kubelet.allocatable()));
    }

    private AllocatableResourcesResponse allocatable(AllocatableResourcesResponse told) {
        String ours = resourceName.get();
        boolean areUuids = told.getDevicesList().stream()
                .filter(entry -> entry.getResourceName().equals(ours))
                .flatMap(entry -> entry.getDeviceIdsList().stream())
                .anyMatch(id -> Slot.numberOf(id).isEmpty());
        if (areUuids) {
            return told;
        }
        List<ContainerDevices> others = told.getDevicesList().stream()
                .filter(entry -> !entry.getResourceName().equals(ours))
                .toList();
        List<String> uuids = devices.all();
        AllocatableResourcesResponse.Builder translated =
                told.toBuilder().clearDevices().addAllDevices(others);
        if (!uuids.isEmpty()) {
            translated.addDevices(
                    ContainerDevices.newBuilder().setResourceName(ours).addAllDeviceIds(uuids));
        }
        return translated.build();
    }

    private PodResources translated(PodResources pod) {
        String ours = resourceName.get();
        Map<String, String> uuids =
                PodResourcesSource.slots(pod, ours).map(devices::behind).orElse(Map.of());
        if (uuids.isEmpty()) {
            return pod;
        }
        PodResources.Builder translated = pod.toBuilder();
        for (ContainerResources.Builder container : translated.getContainersBuilderList()) {
            for (ContainerDevices.Builder entry : container.getDevicesBuilderList()) {
                if (entry.getResourceName().equals(ours)) {
                    List<String> ids = entry.getDeviceIdsList().stream()
                            .map(slot -> uuids.getOrDefault(slot, slot))
                            .toList();
                    entry.clearDeviceIds().addAllDeviceIds(ids);
                }
            }
        }
        return translated.build();
    }
}
