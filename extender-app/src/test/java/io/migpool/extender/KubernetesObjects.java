package io.migpool.extender;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.contracts.wire.Reservation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Kubernetes objects for tests. */
public final class KubernetesObjects {

    private KubernetesObjects() {}

    /** Returns a ready node with these GPUs. */
    public static Node node(String name, GpuInventory... gpus) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .withAnnotations(NodeRegistration.toAnnotations(List.of(gpus)))
                .endMetadata()
                .withNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .withAllocatable(Map.of("nvidia.com/gpu", new Quantity("10")))
                .endStatus()
                .build();
    }

    /** Returns the node with one more annotation. */
    public static Node annotated(Node node, String key, String value) {
        return new NodeBuilder(node)
                .editMetadata()
                .addToAnnotations(key, value)
                .endMetadata()
                .build();
    }

    /** Returns a pod with one container and these limits ({@code "gpu", "1", "gpumem", "8000"}). */
    public static Pod pod(String name, String... limits) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .withUid("uid-" + name)
                .endMetadata()
                .withNewSpec()
                .withContainers(new ContainerBuilder()
                        .withName("main")
                        .withImage("cuda")
                        .withResources(new ResourceRequirementsBuilder()
                                .withLimits(limits(limits))
                                .build())
                        .build())
                .endSpec()
                .build();
    }

    /** Returns a ResourceQuota of the default namespace ({@code "gpumem", "8000"}). */
    public static ResourceQuota quota(String name, String... limits) {
        Map<String, Quantity> hard = new TreeMap<>();
        limits(limits).forEach((resource, amount) -> hard.put("limits." + resource, amount));
        return new ResourceQuotaBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .withUid("uid-" + name)
                .endMetadata()
                .withNewSpec()
                .withHard(hard)
                .endSpec()
                .build();
    }

    private static Map<String, Quantity> limits(String... pairs) {
        Map<String, Quantity> limits = new TreeMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            limits.put("nvidia.com/" + pairs[i], Quantity.parse(pairs[i + 1]));
        }
        return limits;
    }

    /** Returns the pod with one more annotation. */
    public static Pod annotated(Pod pod, String key, String value) {
        return new PodBuilder(pod)
                .editMetadata()
                .addToAnnotations(key, value)
                .endMetadata()
                .build();
    }

    /** Returns the pod with what HAMi 2.10 leaves on one that it has filtered and could not bind. */
    public static Pod withEarlierReservation(Pod pod) {
        MigAllocation instance =
                new MigAllocation(0, 0, "GPU-earlier", MigProfile.parse("1g.10gb"), new Placement(0, 1), null);
        PodDevices devices =
                new PodDevices(List.of(List.of(new AllocatedDevice("GPU-earlier", "NVIDIA", 9984, 14, null))));
        return new PodBuilder(pod)
                .editMetadata()
                .addToAnnotations(
                        new Reservation("earlier-node", Instant.EPOCH, devices, List.of(instance)).toAnnotations())
                .endMetadata()
                .build();
    }

    /** Returns the pod as the API server shows it once it is bound with this reservation. */
    public static Pod bound(Pod pod, Reservation reservation) {
        return new PodBuilder(pod)
                .editMetadata()
                .addToAnnotations(reservation.toAnnotations())
                .endMetadata()
                .editSpec()
                .withNodeName(reservation.node())
                .endSpec()
                .build();
    }
}
