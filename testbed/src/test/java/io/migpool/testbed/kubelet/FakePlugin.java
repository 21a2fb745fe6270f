package io.migpool.testbed.kubelet;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.migpool.contracts.kubelet.deviceplugin.AllocateRequest;
import io.migpool.contracts.kubelet.deviceplugin.AllocateResponse;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateResponse;
import io.migpool.contracts.kubelet.deviceplugin.ContainerPreferredAllocationResponse;
import io.migpool.contracts.kubelet.deviceplugin.Device;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginGrpc;
import io.migpool.contracts.kubelet.deviceplugin.DevicePluginOptions;
import io.migpool.contracts.kubelet.deviceplugin.Empty;
import io.migpool.contracts.kubelet.deviceplugin.ListAndWatchResponse;
import io.migpool.contracts.kubelet.deviceplugin.PreStartContainerRequest;
import io.migpool.contracts.kubelet.deviceplugin.PreStartContainerResponse;
import io.migpool.contracts.kubelet.deviceplugin.PreferredAllocationRequest;
import io.migpool.contracts.kubelet.deviceplugin.PreferredAllocationResponse;
import io.migpool.contracts.kubelet.deviceplugin.RegisterRequest;
import io.migpool.contracts.kubelet.deviceplugin.RegistrationGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A device plugin on a real unix socket that records its calls and answers as the test specifies. */
final class FakePlugin extends DevicePluginGrpc.DevicePluginImplBase implements AutoCloseable {

    static final String RESOURCE = "nvidia.com/gpu";

    final List<List<String>> allocated = new CopyOnWriteArrayList<>();
    final List<List<String>> preStarted = new CopyOnWriteArrayList<>();

    /** Whether an Allocate call had a time limit. */
    volatile boolean allocateWasLimited;

    /** What each PreStartContainer call left the plugin of its time. */
    final List<Duration> preStartLimits = new CopyOnWriteArrayList<>();

    volatile Function<List<String>, ContainerAllocateResponse> onAllocate =
            ids -> ContainerAllocateResponse.getDefaultInstance();

    /** Returns the error of a PreStartContainer call, or empty for success. */
    volatile Function<List<String>, Optional<String>> onPreStart = ids -> Optional.empty();

    /** Chooses among offered ids; null while the plugin has no preferences. */
    volatile @Nullable UnaryOperator<List<String>> preference;

    /** Devices that are announced as unhealthy from the next announcement on. */
    volatile Set<String> sick = Set.of();

    private final UnixTransport transport = new UnixTransport("fake-plugin");
    private final Path directory;
    private final String endpoint;
    private final List<StreamObserver<ListAndWatchResponse>> streams = new CopyOnWriteArrayList<>();
    private volatile List<String> devices;
    private Server server;

    FakePlugin(Path directory, String endpoint, int devices) throws IOException {
        this.directory = directory;
        this.endpoint = endpoint;
        this.devices = ids(devices);
        this.server = transport.serve(directory.resolve(endpoint), this);
    }

    static List<String> ids(int count) {
        return IntStream.range(0, count).mapToObj("mp-%03d"::formatted).toList();
    }

    void register() {
        register("v1beta1");
    }

    void register(String version) {
        var channel = transport.dial(directory.resolve("kubelet.sock"));
        try {
            var _ = RegistrationGrpc.newBlockingStub(channel)
                    .register(RegisterRequest.newBuilder()
                            .setVersion(version)
                            .setEndpoint(endpoint)
                            .setResourceName(RESOURCE)
                            .build());
        } finally {
            channel.shutdownNow();
        }
    }

    /** Listens and registers again, as a plugin does when kubelet has restarted. */
    void listenAndRegister() throws IOException {
        server.shutdownNow();
        streams.clear();
        server = transport.serve(directory.resolve(endpoint), this);
        register();
    }

    void announce(int count) {
        devices = ids(count);
        streams.forEach(stream -> stream.onNext(list()));
    }

    int openStreams() {
        return streams.size();
    }

    /** Ends one ListAndWatch stream, counted from the oldest. */
    void endStream(int index) {
        streams.remove(index).onCompleted();
    }

    @Override
    public void getDevicePluginOptions(Empty request, StreamObserver<DevicePluginOptions> answer) {
        answer.onNext(DevicePluginOptions.newBuilder()
                .setPreStartRequired(true)
                .setGetPreferredAllocationAvailable(preference != null)
                .build());
        answer.onCompleted();
    }

    @Override
    public void listAndWatch(Empty request, StreamObserver<ListAndWatchResponse> answer) {
        answer.onNext(list());
        streams.add(answer);
    }

    @Override
    public void getPreferredAllocation(
            PreferredAllocationRequest request, StreamObserver<PreferredAllocationResponse> answer) {
        var asked = request.getContainerRequests(0);
        var preferred = requireNonNull(preference).apply(asked.getAvailableDeviceIDsList());
        answer.onNext(PreferredAllocationResponse.newBuilder()
                .addContainerResponses(
                        ContainerPreferredAllocationResponse.newBuilder().addAllDeviceIDs(preferred))
                .build());
        answer.onCompleted();
    }

    @Override
    public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> answer) {
        allocateWasLimited |= Context.current().getDeadline() != null;
        var response = AllocateResponse.newBuilder();
        for (var container : request.getContainerRequestsList()) {
            var ids = new ArrayList<>(new TreeSet<>(container.getDevicesIdsList()));
            allocated.add(ids);
            try {
                response.addContainerResponses(onAllocate.apply(ids));
            } catch (IllegalStateException refusal) {
                answer.onError(Status.FAILED_PRECONDITION
                        .withDescription(refusal.getMessage())
                        .asRuntimeException());
                return;
            }
        }
        answer.onNext(response.build());
        answer.onCompleted();
    }

    @Override
    public void preStartContainer(PreStartContainerRequest request, StreamObserver<PreStartContainerResponse> answer) {
        var ids = List.copyOf(new TreeSet<>(request.getDevicesIdsList()));
        preStartLimits.add(Duration.ofMillis(
                requireNonNull(Context.current().getDeadline()).timeRemaining(TimeUnit.MILLISECONDS)));
        preStarted.add(ids);
        var error = onPreStart.apply(ids);
        if (error.isPresent()) {
            answer.onError(Status.UNAVAILABLE.withDescription(error.get()).asRuntimeException());
            return;
        }
        answer.onNext(PreStartContainerResponse.getDefaultInstance());
        answer.onCompleted();
    }

    @Override
    public void close() {
        server.shutdownNow();
        transport.close();
    }

    private ListAndWatchResponse list() {
        var list = ListAndWatchResponse.newBuilder();
        devices.forEach(id ->
                list.addDevices(Device.newBuilder().setID(id).setHealth(sick.contains(id) ? "Unhealthy" : "Healthy")));
        return list.build();
    }
}
