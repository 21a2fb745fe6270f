package io.migpool.testbed.demo;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.contracts.wire.Reservation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an operator can see of the pool through the API server: the GPUs that nodes registered and what pods have on
 * them.
 *
 * @param gpus every registered GPU, by node and index
 */
record PoolView(List<GpuView> gpus) {

    /**
     * One GPU and its users.
     *
     * @param gpu what it offers
     * @param shares what pods have on it, by placement
     */
    record GpuView(String node, GpuInventory gpu, List<Share> shares) {}

    /**
     * What one pod has on a GPU.
     *
     * @param pod the pod's name
     * @param what profile or memory, for people
     * @param placement units taken, if the GPU is partitioned
     * @param memoryMiB memory taken, in MiB
     */
    record Share(String pod, String what, Optional<Placement> placement, long memoryMiB) {}

    static PoolView read(KubernetesClient client) throws MalformedAnnotationException {
        List<Pod> pods = client.pods().inAnyNamespace().list().getItems();
        List<GpuView> views = new ArrayList<>();
        for (Node node : client.nodes().list().getItems()) {
            String name = node.getMetadata().getName();
            for (GpuInventory gpu : NodeRegistration.fromAnnotations(
                    annotations(node.getMetadata().getAnnotations()))) {
                views.add(new GpuView(name, gpu, shares(pods, name, gpu)));
            }
        }
        views.sort(Comparator.comparing(GpuView::node)
                .thenComparingInt(view -> view.gpu().index()));
        return new PoolView(List.copyOf(views));
    }

    private static List<Share> shares(List<Pod> pods, String node, GpuInventory gpu)
            throws MalformedAnnotationException {
        List<Share> shares = new ArrayList<>();
        for (Pod pod : pods) {
            if (node.equals(pod.getSpec().getNodeName()) && !ended(pod)) {
                Optional<Reservation> reservation = Reservation.fromAnnotations(
                        annotations(pod.getMetadata().getAnnotations()));
                reservation.ifPresent(
                        r -> shares.addAll(shares(pod.getMetadata().getName(), r, gpu)));
            }
        }
        shares.sort(Comparator.comparing(
                        (Share share) -> share.placement().map(Placement::start).orElse(0))
                .thenComparing(Share::pod));
        return List.copyOf(shares);
    }

    private static List<Share> shares(String pod, Reservation reservation, GpuInventory gpu) {
        List<Share> cut = reservation.migAllocations().stream()
                .filter(allocation -> allocation.gpuUuid().equals(gpu.uuid()))
                .map(allocation -> share(pod, allocation, gpu))
                .distinct()
                .toList();
        return cut.isEmpty()
                ? reservation.devices().containers().stream()
                        .flatMap(List::stream)
                        .filter(device -> device.uuid().equals(gpu.uuid()))
                        .map(device -> share(pod, device))
                        .toList()
                : cut;
    }

    private static Share share(String pod, MigAllocation allocation, GpuInventory gpu) {
        long memory = gpu.profile(allocation.profile())
                .map(profile -> profile.memoryMiB())
                .orElse(allocation.profile().nominalMemoryMiB());
        return new Share(pod, allocation.profile().toString(), Optional.of(allocation.placement()), memory);
    }

    private static Share share(String pod, AllocatedDevice device) {
        return new Share(pod, device.memoryMiB() + " MiB", Optional.empty(), device.memoryMiB());
    }

    private static boolean ended(Pod pod) {
        return pod.getStatus() != null
                && ("Succeeded".equals(pod.getStatus().getPhase())
                        || "Failed".equals(pod.getStatus().getPhase()));
    }

    private static Map<String, String> annotations(@org.jspecify.annotations.Nullable Map<String, String> annotations) {
        return annotations == null ? Map.of() : annotations;
    }
}
