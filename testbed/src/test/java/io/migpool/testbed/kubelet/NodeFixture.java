package io.migpool.testbed.kubelet;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesRequest;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesResponse;
import io.migpool.contracts.kubelet.podresources.PodResourcesListerGrpc;
import io.migpool.testbed.TestApi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One node whose time only tests put forward, its API server and a registered plugin. */
final class NodeFixture implements AutoCloseable {

    static final String NODE = "node-a";
    static final Duration SOON = Duration.ofSeconds(60);

    final TestApi api = new TestApi();
    final ManualTime time = new ManualTime();
    final List<RunningContainer> started = new CopyOnWriteArrayList<>();
    final List<RunningContainer> stopped = new CopyOnWriteArrayList<>();
    final Path root;
    final Kubelet kubelet;
    final FakePlugin plugin;

    NodeFixture(int devices) {
        this(devices, UnaryOperator.identity());
    }

    NodeFixture(int devices, UnaryOperator<KubeletTiming> timing) {
        try {
            // Short, whatever the build directory is: a unix socket's path has to stay below 108 bytes.
            root = Files.createTempDirectory(Path.of("/tmp"), "kl");
            kubelet = Kubelet.start(
                    KubeletOptions.of(NODE, root, api.client)
                            .withLabels(Map.of("pool", "mig"))
                            .withTiming(timing.apply(KubeletTiming.kubernetes()))
                            .withListeners(List.of(new ContainerRuntimeListener() {
                                @Override
                                public void started(RunningContainer container) {
                                    started.add(container);
                                }

                                @Override
                                public void stopped(RunningContainer container) {
                                    stopped.add(container);
                                }
                            })),
                    time);
            plugin = new FakePlugin(root.resolve("device-plugins"), "nvidia.sock", devices);
        } catch (IOException unusable) {
            throw new IllegalStateException("no temporary directory", unusable);
        }
        plugin.register();
        awaitAllocatable(devices);
    }

    Pod run(PodBuilder pod) {
        return api.createOn(NODE, pod);
    }

    void awaitPhase(String pod, String phase) {
        await("phase of " + pod).atMost(SOON).until(() -> api.phase(pod), phase::equals);
    }

    void awaitAllocatable(int devices) {
        await("allocatable devices").atMost(SOON).until(this::allocatable, Integer.toString(devices)::equals);
    }

    String allocatable() {
        return amount(api.client.nodes().withName(NODE).require().getStatus().getAllocatable());
    }

    String capacity() {
        return amount(api.client.nodes().withName(NODE).require().getStatus().getCapacity());
    }

    private static String amount(Map<String, Quantity> amounts) {
        return amounts.containsKey(FakePlugin.RESOURCE)
                ? amounts.get(FakePlugin.RESOURCE).getAmount()
                : "none";
    }

    ContainerStatus status(String pod, String container) {
        var status = api.get(pod).getStatus();
        return Stream.concat(status.getInitContainerStatuses().stream(), status.getContainerStatuses().stream())
                .filter(candidate -> candidate.getName().equals(container))
                .findFirst()
                .orElseGet(ContainerStatus::new);
    }

    /** Waits until the container waits for this reason; returns what hinders it. */
    String awaitWaiting(String pod, String container, String reason) {
        await("%s of %s".formatted(reason, pod))
                .atMost(SOON)
                .until(
                        () -> waiting(pod, container).map(ContainerStateWaiting::getReason),
                        Optional.of(reason)::equals);
        return waiting(pod, container).map(ContainerStateWaiting::getMessage).orElse("");
    }

    private Optional<ContainerStateWaiting> waiting(String pod, String container) {
        return Optional.ofNullable(status(pod, container).getState())
                .map(io.fabric8.kubernetes.api.model.ContainerState::getWaiting);
    }

    /** Ids that the checkpoint file assigns to a container. */
    List<String> checkpointed(Pod pod, String container) {
        for (var entry : checkpoint().path("PodDeviceEntries")) {
            if (entry.path("PodUID").asText().equals(pod.getMetadata().getUid())
                    && entry.path("ContainerName").asText().equals(container)) {
                var ids = new ArrayList<String>();
                entry.path("DeviceIDs").path("-1").forEach(id -> ids.add(id.asText()));
                return ids;
            }
        }
        return List.of();
    }

    /** Resources that the checkpoint file calls a plugin's. */
    Set<String> registered() {
        return checkpoint().path("RegisteredDevices").properties().stream()
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private JsonNode checkpoint() {
        try {
            return JsonMapper.builder()
                    .build()
                    .readTree(Files.readAllBytes(root.resolve("device-plugins/kubelet_internal_checkpoint")))
                    .path("Data");
        } catch (IOException unreadable) {
            throw new IllegalStateException("no checkpoint", unreadable);
        }
    }

    void writeCdi(String file, String device, String... environment) {
        var entries = String.join("\",\"", environment);
        write(file, """
                {"cdiVersion":"0.6.0","kind":"migpool.io/slot","devices":[{"name":"%s","containerEdits":{"env":["%s"]}}]}
                """.formatted(device, entries));
    }

    void write(String file, String content) {
        try {
            Files.writeString(root.resolve("cdi").resolve(file), content);
        } catch (IOException unwritable) {
            throw new IllegalStateException("no CDI file", unwritable);
        }
    }

    /** Lists once, a moment after the last time, so that the rate limit never hinders. */
    ListPodResourcesResponse podResources() {
        time.forward(Duration.ofMillis(10));
        return listOnOneChannel(1);
    }

    /** Lists several times at one instant. */
    ListPodResourcesResponse listOnOneChannel(int times) {
        var transport = new UnixTransport("pod-resources-client");
        var channel = transport.dial(root.resolve("pod-resources/kubelet.sock"));
        try {
            var stub = PodResourcesListerGrpc.newBlockingStub(channel);
            var last = ListPodResourcesResponse.getDefaultInstance();
            for (var call = 0; call < times; call++) {
                last = stub.list(ListPodResourcesRequest.getDefaultInstance());
            }
            return last;
        } finally {
            channel.shutdownNow();
            transport.close();
        }
    }

    @Override
    public void close() {
        plugin.close();
        kubelet.close();
        api.close();
        try (var files = Files.walk(root)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException unremovable) {
            throw new IllegalStateException("temporary directory stays", unremovable);
        }
    }
}
