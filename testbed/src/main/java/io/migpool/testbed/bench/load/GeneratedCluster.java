package io.migpool.testbed.bench.load;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.contracts.wire.Reservation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Nodes of equal boards and pods at random places on them, as Kubernetes objects of usual size. Pods mostly request
 * small slices. Equal seeds give equal clusters; objects are created on demand, so that the cluster itself takes little
 * memory.
 */
public final class GeneratedCluster {

    private static final List<RequestedProfile> PROFILES = Board.A100.profiles();

    /** Percentage of pods that request each profile, in the order of the profiles. */
    private static final int[] SHARES = {4, 6, 10, 16, 16, 48};

    private static final Instant RESERVED_AT = Instant.parse("2026-01-01T00:00:00Z");

    private final ClusterSize size;
    private final Random random;
    private final List<Placed> placed = new ArrayList<>();
    private final List<String> nodeNames = new ArrayList<>();
    private int at;

    private record Placed(int number, RequestedProfile profile, Seat seat) {}

    /**
     * Generates a cluster.
     *
     * @param seed equal seeds give equal clusters
     * @throws IllegalStateException if the pods do not fit
     */
    public GeneratedCluster(ClusterSize size, long seed) {
        this.size = size;
        this.random = new Random(seed);
        for (int node = 0; node < size.nodes(); node++) {
            nodeNames.add(nodeName(node));
        }
        Collections.shuffle(nodeNames, random);
        int[] taken = new int[size.nodes() * size.gpusPerNode()];
        for (int number = 0; number < size.pods(); number++) {
            placed.add(place(number, randomProfile(), taken));
        }
    }

    /** Places a pod; where there is no room left for a large profile, it requests a small one. */
    private Placed place(int number, RequestedProfile profile, int[] taken) {
        for (RequestedProfile smaller : PROFILES.subList(profile.index(), PROFILES.size())) {
            Optional<Seat> seat = place(smaller, taken);
            if (seat.isPresent()) {
                return new Placed(number, smaller, seat.get());
            }
        }
        throw new IllegalStateException("%s: no room for so many pods".formatted(size.text()));
    }

    /** Finds a place; the search begins at a random GPU, so that all GPUs fill up evenly. */
    private Optional<Seat> place(RequestedProfile profile, int[] taken) {
        int from = random.nextInt(taken.length);
        for (int i = 0; i < taken.length; i++) {
            int gpu = (from + i) % taken.length;
            for (int place = profile.places() - 1; place >= 0; place--) {
                int window = profile.window(profile.start(place));
                if ((taken[gpu] & window) == 0) {
                    taken[gpu] |= window;
                    return Optional.of(new Seat(gpu, profile.start(place)));
                }
            }
        }
        return Optional.empty();
    }

    /** Draws the profile that the next pod requests, mostly small ones. */
    public RequestedProfile randomProfile() {
        int at = random.nextInt(100);
        int profile = 0;
        while (at >= SHARES[profile]) {
            at -= SHARES[profile];
            profile++;
        }
        return PROFILES.get(profile);
    }

    /** Returns the size. */
    public ClusterSize size() {
        return size;
    }

    private static String nodeName(int number) {
        return "gpu-node-%05d".formatted(number);
    }

    /**
     * Returns the names of some nodes, different ones each time, as the scheduler samples a large cluster in rounds.
     *
     * @param count how many
     * @return their names
     */
    public List<String> someNodes(int count) {
        List<String> names = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            names.add(nodeNames.get(at));
            at = (at + 1) % nodeNames.size();
        }
        return names;
    }

    /**
     * Returns a node that is ready and has registered its GPUs.
     *
     * @param number from 0
     * @return the Node
     */
    public Node node(int number) {
        String name = nodeName(number);
        List<GpuInventory> gpus = IntStream.range(0, size.gpusPerNode())
                .mapToObj(gpu -> Board.A100.gpu(uuid(number * size.gpusPerNode() + gpu), gpu))
                .toList();
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .withUid("node-" + number)
                .withResourceVersion("1")
                .withAnnotations(NodeRegistration.toAnnotations(gpus))
                .withLabels(Map.of("kubernetes.io/hostname", name, "nvidia.com/gpu.product", "A100"))
                .endMetadata()
                .withNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .withAllocatable(Map.of("nvidia.com/gpu", new Quantity("56"), "cpu", new Quantity("128")))
                .endStatus()
                .build();
    }

    private static String uuid(int gpu) {
        return "GPU-%08x-5f3a-4c1d-9be2-%012x".formatted(gpu, gpu * 2_654_435_761L & 0xffff_ffff_ffffL);
    }

    /**
     * Passes all pods that have their slices to a consumer.
     *
     * @param taker receives them one by one
     */
    public void forEachPlacedPod(Consumer<Pod> taker) {
        placed.forEach(pod -> taker.accept(bound(pod)));
    }

    /**
     * Returns a pod that has its slice.
     *
     * @param number from 0
     * @return the bound Pod
     */
    public Pod placedPod(int number) {
        return bound(placed.get(number));
    }

    private Pod bound(Placed pod) {
        int node = pod.seat().gpu() / size.gpusPerNode();
        String uuid = uuid(pod.seat().gpu());
        RequestedProfile profile = pod.profile();
        Reservation reservation = new Reservation(
                nodeName(node),
                RESERVED_AT,
                new PodDevices(List.of(List.of(
                        new AllocatedDevice(uuid, AllocatedDevice.NVIDIA, profile.memoryMiB(), profile.cores())))),
                List.of(new MigAllocation(
                        0,
                        0,
                        uuid,
                        MigProfile.parse(profile.migName()),
                        new Placement(pod.seat().start(), profile.size()),
                        null)));
        return WorkerPods.bound(WorkerPods.waiting(pod.number(), profile), nodeName(node), reservation.toAnnotations());
    }
}
