package io.migpool.deviceplugin.kubelet;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import io.migpool.contracts.kubelet.deviceplugin.AllocateRequest;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateRequest;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateResponse;
import io.migpool.contracts.kubelet.deviceplugin.Device;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginGrpc;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginOptions;
import io.migpool.contracts.kubelet.deviceplugin.Empty;
import io.migpool.contracts.kubelet.deviceplugin.ListAndWatchResponse;
import io.migpool.contracts.kubelet.deviceplugin.PreStartContainerRequest;
import io.migpool.contracts.kubelet.deviceplugin.RegisterRequest;
import io.migpool.contracts.kubelet.deviceplugin.RegistrationGrpc;
import io.migpool.contracts.kubelet.podresources.AllocatableResourcesRequest;
import io.migpool.contracts.kubelet.podresources.AllocatableResourcesResponse;
import io.migpool.contracts.kubelet.podresources.ContainerDevices;
import io.migpool.contracts.kubelet.podresources.ContainerResources;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesRequest;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesResponse;
import io.migpool.contracts.kubelet.podresources.PodResources;
import io.migpool.contracts.kubelet.podresources.PodResourcesListerGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * kubelet's side of the device plugin protocol on real sockets: takes registrations, dials back, keeps the streams
 * open. What does not name a resource is about {@value #COUNT}.
 */
public final class FakeKubelet implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final long TIMEOUT_SECONDS = 30;
    static final String COUNT = "nvidia.com/gpu";

    private final UnixSockets sockets = new UnixSockets();
    private final Path directory;
    private final List<RegisterRequest> registrations = new CopyOnWriteArrayList<>();
    private final ObjectNode checkpoint = JSON.createObjectNode();
    private final ArrayNode entries;
    private final List<PodResources> listed = new CopyOnWriteArrayList<>();
    private final List<ManagedChannel> monitors = new CopyOnWriteArrayList<>();
    private @Nullable Server podResources;
    private @Nullable Server server;
    private final Map<String, Plugin> plugins = new ConcurrentHashMap<>();

    /** The plugin of one resource and what it offers. */
    private static final class Plugin implements StreamObserver<ListAndWatchResponse> {

        private final ManagedChannel channel;
        private volatile List<Device> devices = List.of();

        Plugin(ManagedChannel channel) {
            this.channel = channel;
        }

        @Override
        public void onNext(ListAndWatchResponse response) {
            devices = response.getDevicesList();
        }

        @Override
        public void onError(Throwable failure) {
            devices = List.of();
        }

        @Override
        public void onCompleted() {
            devices = List.of();
        }
    }

    public FakeKubelet(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.entries = checkpoint.putObject("Data").putArray("PodDeviceEntries");
        start();
    }

    /** Comes up: a new socket, and the sockets of all plugins are removed. */
    public void start() throws IOException {
        try (var files = Files.newDirectoryStream(directory, "*.sock")) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        server = sockets.serve(directory.resolve("kubelet.sock"), new Registration());
    }

    /** Goes down with all its connections. */
    public void stop() {
        hangUp();
        if (server != null) {
            server.shutdownNow();
        }
        registrations.clear();
        plugins.clear();
    }

    /** Drops the connections to all plugins and stays up. */
    public void hangUp() {
        plugins.values().forEach(plugin -> plugin.channel.shutdownNow());
    }

    private final class Registration extends RegistrationGrpc.RegistrationImplBase {
        @Override
        public void register(RegisterRequest request, StreamObserver<Empty> response) {
            try {
                ManagedChannel channel = sockets.connect(directory.resolve(request.getEndpoint()));
                Plugin plugin = new Plugin(channel);
                Plugin before = plugins.put(request.getResourceName(), plugin);
                if (before != null) {
                    before.channel.shutdownNow();
                }
                // In the context of this call the stream would end with the call.
                Context.ROOT.run(
                        () -> DevicePluginGrpc.newStub(channel).listAndWatch(Empty.getDefaultInstance(), plugin));
                registrations.add(request);
                response.onNext(Empty.getDefaultInstance());
                response.onCompleted();
            } catch (IOException e) {
                response.onError(e);
            }
        }
    }

    public List<RegisterRequest> registrations() {
        return registrations;
    }

    /** The devices that the plugin sent last on the open stream. */
    public List<Device> devices() {
        return devices(COUNT);
    }

    /** The same of a resource; none while no plugin offers it. */
    public List<Device> devices(String resource) {
        Plugin plugin = plugins.get(resource);
        return plugin == null ? List.of() : plugin.devices;
    }

    /** Resources of which a plugin offers something. */
    public Set<String> resources() {
        return plugins.entrySet().stream()
                .filter(entry -> !entry.getValue().devices.isEmpty())
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    public DevicePluginOptions options() {
        return stub(COUNT).getDevicePluginOptions(Empty.getDefaultInstance());
    }

    public ContainerAllocateResponse allocate(String... slots) {
        return allocateOf(COUNT, slots);
    }

    public ContainerAllocateResponse allocateOf(String resource, String... slots) {
        return stub(resource)
                .allocate(AllocateRequest.newBuilder()
                        .addContainerRequests(
                                ContainerAllocateRequest.newBuilder().addAllDevicesIds(Arrays.asList(slots)))
                        .build())
                .getContainerResponses(0);
    }

    public void preStart(String... slots) {
        preStartOf(COUNT, slots);
    }

    public void preStartOf(String resource, String... slots) {
        var _ = stub(resource)
                .preStartContainer(PreStartContainerRequest.newBuilder()
                        .addAllDevicesIds(Arrays.asList(slots))
                        .build());
    }

    private DevicePluginGrpc.DevicePluginBlockingStub stub(String resource) {
        Plugin plugin = plugins.get(resource);
        if (plugin == null) {
            throw new IllegalStateException("no plugin has registered " + resource);
        }
        return DevicePluginGrpc.newBlockingStub(plugin.channel).withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    /** Notes in the checkpoint that a container has these slots. */
    public void checkpoint(String podUid, String container, String... slots) throws IOException {
        checkpointOf(COUNT, podUid, container, slots);
    }

    public synchronized void checkpointOf(String resource, String podUid, String container, String... slots)
            throws IOException {
        ObjectNode entry = entries.addObject()
                .put("PodUID", podUid)
                .put("ContainerName", container)
                .put("ResourceName", resource);
        ArrayNode ids = entry.putObject("DeviceIDs").putArray("-1");
        Arrays.asList(slots).forEach(ids::add);
        save();
    }

    /** Serves PodResources there. */
    public void servePodResources(Path socket) throws IOException {
        podResources = sockets.serve(socket, new Lister());
    }

    /** What a kubelet sends that the agent's part of the protocol does not name: {@code cpu_ids}. */
    public static final UnknownFieldSet CPUS = UnknownFieldSet.newBuilder()
            .addField(3, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
            .build();

    /** Lists a container's slots in PodResources. */
    public void podResources(String namespace, String pod, String container, String... slots) {
        podResourcesOf(COUNT, namespace, pod, container, slots);
    }

    /** Lists a pod no more. */
    public void forgetPodResources(String pod) {
        listed.removeIf(entry -> entry.getName().equals(pod));
    }

    public void podResourcesOf(String resource, String namespace, String pod, String container, String... slots) {
        listed.add(PodResources.newBuilder()
                .setNamespace(namespace)
                .setName(pod)
                .addContainers(ContainerResources.newBuilder()
                        .setName(container)
                        .setUnknownFields(CPUS)
                        .addDevices(ContainerDevices.newBuilder()
                                .setResourceName(resource)
                                .addAllDeviceIds(Arrays.asList(slots))))
                .build());
    }

    private final class Lister extends PodResourcesListerGrpc.PodResourcesListerImplBase {
        @Override
        public void list(ListPodResourcesRequest request, StreamObserver<ListPodResourcesResponse> response) {
            response.onNext(ListPodResourcesResponse.newBuilder()
                    .addAllPodResources(listed)
                    .build());
            response.onCompleted();
        }

        @Override
        public void getAllocatableResources(
                AllocatableResourcesRequest request, StreamObserver<AllocatableResourcesResponse> response) {
            response.onNext(AllocatableResourcesResponse.newBuilder()
                    .addDevices(ContainerDevices.newBuilder()
                            .setResourceName(COUNT)
                            .addAllDeviceIds(
                                    devices().stream().map(Device::getID).toList()))
                    .addDevices(ContainerDevices.newBuilder()
                            .setResourceName("example.com/nic")
                            .addDeviceIds("nic-0"))
                    .setUnknownFields(CPUS)
                    .build());
            response.onCompleted();
        }
    }

    /** PodResources at a socket, as a monitor asks for it. */
    public PodResourcesListerGrpc.PodResourcesListerBlockingStub monitor(Path socket) throws IOException {
        ManagedChannel channel = sockets.connect(socket);
        monitors.add(channel);
        return PodResourcesListerGrpc.newBlockingStub(channel).withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    /** Drops a pod from the checkpoint. */
    public synchronized void forget(String podUid) throws IOException {
        for (int i = entries.size() - 1; i >= 0; i--) {
            if (entries.get(i).path("PodUID").asText().equals(podUid)) {
                entries.remove(i);
            }
        }
        save();
    }

    private void save() throws IOException {
        Files.writeString(directory.resolve("kubelet_internal_checkpoint"), checkpoint.toString());
    }

    @Override
    public void close() {
        stop();
        monitors.forEach(ManagedChannel::shutdownNow);
        if (podResources != null) {
            podResources.shutdownNow();
        }
        sockets.close();
    }
}
