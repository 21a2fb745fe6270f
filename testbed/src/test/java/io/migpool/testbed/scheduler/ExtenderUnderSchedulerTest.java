package io.migpool.testbed.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigAllocations;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.testbed.TestApi;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.EmbeddedApp;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The extender of this project beside schedulers that sample, wait and have opinions of their own. Nodes are registered only. */
class ExtenderUnderSchedulerTest {

    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Map<String, String> SLICE = Map.of(TestApi.GPU, "1", "nvidia.com/gpumem", "8000");
    private static final Map<String, String> WHOLE = Map.of(TestApi.GPU, "1", "nvidia.com/gpumem", "80000");

    private final TestApi api = new TestApi();
    private final List<AutoCloseable> open = new ArrayList<>(List.of(api));
    private EmbeddedApp extender;

    @TempDir
    private Path directory;

    @BeforeEach
    void startExtender() throws Exception {
        Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), api.kubeconfig());
        extender = EmbeddedApp.start(
                AppKind.EXTENDER,
                "extender",
                Map.of(
                        "server.port", "0",
                        "server.sockets.0.name", "admin",
                        "server.sockets.0.port", "0",
                        "migpool.config.source", "none",
                        "migpool.extender.hold-time", "PT0.02S",
                        "migpool.kubernetes.kubeconfig", kubeconfig.toString()),
                directory.resolve("extender"));
        open.addFirst(extender);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable part : open) {
            part.close();
        }
    }

    @Test
    void whatTheSampleLacksIsFoundInALaterOne() throws Exception {
        int nodes = 12;
        IntStream.range(0, nodes).forEach(this::node);
        start(nodes, SchedulerProfile.DEFAULT.withSample(25, 3));

        List<String> pods =
                IntStream.range(0, nodes).mapToObj(i -> "whole-" + i).toList();
        pods.forEach(pod -> submit(pod, WHOLE));

        pods.forEach(this::awaitBound);
        assertNothingIsSharedByTwo(pods);
    }

    @Test
    void roomThatWasPromisedTooLongAgoIsNotGivenTwice() throws Exception {
        CountDownLatch volumes = new CountDownLatch(1);
        node(0);
        Scheduler scheduler = start(1, SchedulerProfile.DEFAULT.withPreBind(pod -> volumes.await()));
        submit("first", WHOLE);
        awaitPlaced(scheduler, "first");
        submit("second", WHOLE);
        awaitPlaced(scheduler, "second");

        volumes.countDown();

        await("one is bound and the other is not")
                .atMost(SOON)
                .until(() -> bound(List.of("first", "second")).size() == 1
                        && failures(scheduler, List.of("first", "second")).size() == 1);
        assertNothingIsSharedByTwo(bound(List.of("first", "second")));
    }

    @Test
    void aPodWhoseVolumesTookLongerThanItsPromiseIsBound() throws Exception {
        CountDownLatch volumes = new CountDownLatch(1);
        node(0);
        Scheduler scheduler = start(1, SchedulerProfile.DEFAULT.withPreBind(pod -> {
            if (pod.getMetadata().getName().equals("slow")) {
                volumes.await();
            }
        }));
        submit("slow", SLICE);
        awaitPlaced(scheduler, "slow");
        IntStream.range(0, 6).forEach(i -> submit("quick-" + i, SLICE));
        IntStream.range(0, 6).forEach(i -> awaitBound("quick-" + i));

        volumes.countDown();

        awaitBound("slow");
        assertNothingIsSharedByTwo(
                bound(List.of("slow", "quick-0", "quick-1", "quick-2", "quick-3", "quick-4", "quick-5")));
    }

    /** The extender's best two nodes differ by 5 · 5 · 10 = 250, a node's taints and another's lack of any by 3 · 100. */
    @Test
    void aNodeThatTheSchedulerPrefersGetsThePodAndNothingStaysHeld() throws Exception {
        create(new NodeBuilder(described(0))
                .withNewSpec()
                .addNewTaint("PreferNoSchedule", "example.com/old", null, "yes")
                .endSpec());
        Scheduler scheduler = start(1, SchedulerProfile.DEFAULT);
        submit("there", SLICE);
        awaitBound("there");
        addNode(scheduler, 1);

        submit("elsewhere", SLICE);

        awaitBound("elsewhere");
        assertThat(api.get("elsewhere").getSpec().getNodeName()).isEqualTo("node-01");
        assertNothingIsSharedByTwo(List.of("there", "elsewhere"));
        await("nothing is held").atMost(SOON).until(() -> holds() == 0);
    }

    /** A preferred node affinity counts 2 · 100. */
    @Test
    void aNodeThatThePodMerelyPrefersDoesNotGetIt() throws Exception {
        node(0);
        Scheduler scheduler = start(1, SchedulerProfile.DEFAULT);
        submit("there", SLICE);
        awaitBound("there");
        addNode(scheduler, 1);

        submit(TestApi.pod("beside", SLICE)
                .editSpec()
                .withNewAffinity()
                .withNewNodeAffinity()
                .addNewPreferredDuringSchedulingIgnoredDuringExecution()
                .withWeight(100)
                .withNewPreference()
                .addToMatchFields(new NodeSelectorRequirement("metadata.name", "In", List.of("node-01")))
                .endPreference()
                .endPreferredDuringSchedulingIgnoredDuringExecution()
                .endNodeAffinity()
                .endAffinity()
                .endSpec());

        awaitBound("beside");
        assertThat(api.get("beside").getSpec().getNodeName()).isEqualTo("node-00");
    }

    private void addNode(Scheduler scheduler, int index) throws Exception {
        node(index);
        awaitPool(index + 1);
        await("the scheduler knows the node")
                .atMost(SOON)
                .until(() -> scheduler.readyNodes().size() == index + 1);
    }

    private Scheduler start(int nodes, SchedulerProfile profile) throws Exception {
        awaitPool(nodes);
        List<ManagedResource> managed =
                List.of(new ManagedResource(TestApi.GPU, false), new ManagedResource("nvidia.com/gpumem", true));
        Scheduler scheduler = Scheduler.start(SchedulerOptions.of(api.client.getConfiguration())
                .withExtender(ExtenderOptions.of(URI.create("http://127.0.0.1:" + extender.port()), managed))
                .withBackOff(Duration.ofMillis(20), Duration.ofMillis(200))
                .withLongestWait(Duration.ofMillis(500))
                .withProfile(profile));
        open.addFirst(scheduler);
        return scheduler;
    }

    private void node(int index) {
        create(new NodeBuilder(described(index)));
    }

    private void create(NodeBuilder node) {
        api.client.resource(node.build()).create();
    }

    private static Node described(int index) {
        String name = "node-%02d".formatted(index);
        Map<String, Quantity> amounts = Map.of(
                "cpu",
                new Quantity("64"),
                "memory",
                new Quantity("512Gi"),
                "pods",
                new Quantity("110"),
                TestApi.GPU,
                new Quantity("70"));
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .withAnnotations(NodeRegistration.toAnnotations(List.of(gpu("GPU-" + index))))
                .endMetadata()
                .withNewStatus()
                .withAllocatable(amounts)
                .withCapacity(amounts)
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build();
    }

    /** An A100 with 80 GB, as far as these tests need it. */
    private static GpuInventory gpu(String uuid) {
        return new GpuInventory(
                uuid,
                0,
                10,
                81_920,
                100,
                "NVIDIA A100-SXM4-80GB",
                0,
                GpuMode.MIG,
                List.of(profile("1g.10gb", 9_728, 14, 1, 1, 7), profile("7g.80gb", 81_050, 100, 7, 8, 1)),
                true,
                List.of(),
                List.of());
    }

    private static ProfileCapability profile(String name, long memoryMiB, int cores, int slices, int size, int places) {
        return new ProfileCapability(
                MigProfile.parse(name),
                memoryMiB,
                cores,
                slices,
                places,
                IntStream.range(0, places)
                        .mapToObj(at -> new Placement(at, size))
                        .toList());
    }

    private void submit(String name, Map<String, String> limits) {
        submit(TestApi.pod(name, limits));
    }

    private void submit(PodBuilder pod) {
        api.create(pod.editSpec().withSchedulerName("hami-scheduler").endSpec());
    }

    private void awaitPlaced(Scheduler scheduler, String pod) {
        await(pod + " has a node").atMost(SOON).until(() -> scheduler.attempts(TestApi.NAMESPACE, pod).stream()
                .anyMatch(attempt -> attempt.outcome() instanceof SchedulingAttempt.Outcome.Placed));
    }

    private void awaitBound(String pod) {
        await(pod + " is bound").atMost(SOON).until(() -> api.get(pod).getSpec().getNodeName() != null);
    }

    private List<String> bound(List<String> pods) {
        return pods.stream()
                .filter(pod -> api.get(pod).getSpec().getNodeName() != null)
                .toList();
    }

    private static List<String> failures(Scheduler scheduler, List<String> pods) {
        return pods.stream()
                .map(pod -> scheduler.lastFailure(TestApi.NAMESPACE, pod))
                .flatMap(Optional::stream)
                .toList();
    }

    private void awaitPool(int nodes) {
        await("the extender knows " + nodes + " nodes")
                .atMost(SOON)
                .until(() -> pool().path("synced").asBoolean() && usable(pool()) == nodes);
    }

    private static long usable(JsonNode pool) {
        return IntStream.range(0, pool.path("nodes").size())
                .mapToObj(pool.path("nodes")::get)
                .filter(node -> node.path("unusable").asText().isEmpty())
                .count();
    }

    private int holds() throws Exception {
        int holds = 0;
        for (JsonNode node : pool().path("nodes")) {
            holds += node.path("holds").size();
        }
        return holds;
    }

    private JsonNode pool() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + extender.port("admin") + "/pool"))
                    .timeout(SOON)
                    .build();
            return JsonMapper.builder()
                    .build()
                    .readTree(http.send(request, HttpResponse.BodyHandlers.ofString())
                            .body());
        }
    }

    private void assertNothingIsSharedByTwo(List<String> pods) throws Exception {
        assertThat(pods).isNotEmpty();
        Set<String> units = new HashSet<>();
        for (String name : pods) {
            Pod pod = api.get(name);
            String allocations = pod.getMetadata().getAnnotations().getOrDefault(Annotations.MIG_ALLOCATIONS, "");
            for (MigAllocation instance : MigAllocations.decode(allocations)) {
                Placement place = instance.placement();
                IntStream.range(place.start(), place.start() + place.size())
                        .mapToObj(unit -> instance.gpuUuid() + "/" + unit)
                        .forEach(unit -> assertThat(units.add(unit))
                                .as("%s of %s is its own", unit, name)
                                .isTrue());
            }
        }
        assertThat(units).hasSizeGreaterThanOrEqualTo(pods.size());
    }
}
