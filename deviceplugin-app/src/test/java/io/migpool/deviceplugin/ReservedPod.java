package io.migpool.deviceplugin;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.contracts.wire.Reservation;
import io.migpool.deviceplugin.instance.Slice;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Builds pods as they are after the Binding: with a reservation for each container. */
public final class ReservedPod {

    public static final String NODE = "node-a";

    private final String name;
    private final List<Container> init = new ArrayList<>();
    private final List<Container> app = new ArrayList<>();
    private final List<List<AllocatedDevice>> devices = new ArrayList<>();
    private final List<MigAllocation> allocations = new ArrayList<>();
    private final List<OwnerReference> owners = new ArrayList<>();
    private final Map<String, String> annotations = new TreeMap<>();
    private String node = NODE;
    private String resource = "nvidia.com/gpu";
    private long graceSeconds = 30;

    private ReservedPod(String name) {
        this.name = name;
    }

    /** A pod in the namespace {@code default} whose uid is {@code uid-<name>}. */
    public static ReservedPod named(String name) {
        return new ReservedPod(name);
    }

    public static Slice slice(String gpu, String profile, int start, int size) {
        return new Slice(gpu, MigProfile.parse(profile), new Placement(start, size));
    }

    /** An init container with MIG instances; before all app containers. */
    public ReservedPod init(String container, Slice... slices) {
        init.add(container(container, slices.length));
        reserve(slices);
        return this;
    }

    public ReservedPod app(String container, Slice... slices) {
        app.add(container(container, slices.length));
        reserve(slices);
        return this;
    }

    /** An app container with one share of a whole GPU. */
    public ReservedPod shared(String container, String gpu, long memoryMiB, int cores) {
        return sharing(container, new AllocatedDevice(gpu, AllocatedDevice.NVIDIA, memoryMiB, cores));
    }

    /** By which resource its containers ask for devices; before all containers. */
    public ReservedPod asking(String count) {
        resource = count;
        return this;
    }

    /** An app container with shares of several GPUs. */
    public ReservedPod sharing(String container, AllocatedDevice... shares) {
        app.add(container(container, shares.length));
        devices.add(List.of(shares));
        return this;
    }

    public ReservedPod reservedOn(String otherNode) {
        node = otherNode;
        return this;
    }

    /** A pod that a ReplicaSet would make anew. */
    public ReservedPod controlled() {
        owners.add(new OwnerReferenceBuilder()
                .withApiVersion("apps/v1")
                .withKind("ReplicaSet")
                .withName("set")
                .withUid("uid-set")
                .withController(true)
                .build());
        return this;
    }

    /** How long kubelet gives its containers to end. */
    public ReservedPod grace(long seconds) {
        graceSeconds = seconds;
        return this;
    }

    public ReservedPod annotated(String key, String value) {
        annotations.put(key, value);
        return this;
    }

    private void reserve(Slice... slices) {
        List<AllocatedDevice> reserved = new ArrayList<>();
        for (int i = 0; i < slices.length; i++) {
            allocations.add(new MigAllocation(
                    devices.size(), i, slices[i].gpuUuid(), slices[i].profile(), slices[i].placement(), null));
            reserved.add(new AllocatedDevice(slices[i].gpuUuid(), AllocatedDevice.NVIDIA, 9728, 15));
        }
        devices.add(reserved);
    }

    private Container container(String name, int count) {
        return new ContainerBuilder()
                .withName(name)
                .withNewResources()
                .addToLimits(resource, new Quantity(Integer.toString(count)))
                .endResources()
                .build();
    }

    public Pod build() {
        Reservation reservation =
                new Reservation(node, Instant.ofEpochSecond(1_700_000_000), new PodDevices(devices), allocations);
        return new PodBuilder(withoutReservation())
                .editMetadata()
                .addToAnnotations(reservation.toAnnotations())
                .endMetadata()
                .build();
    }

    public Pod withoutReservation() {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .withUid("uid-" + name)
                .withResourceVersion("1")
                .withOwnerReferences(owners)
                .withAnnotations(annotations)
                .endMetadata()
                .withNewSpec()
                .withNodeName(NODE)
                .withTerminationGracePeriodSeconds(graceSeconds)
                .withInitContainers(init)
                .withContainers(app)
                .endSpec()
                .withNewStatus()
                .withPhase("Pending")
                .endStatus()
                .build();
    }
}
