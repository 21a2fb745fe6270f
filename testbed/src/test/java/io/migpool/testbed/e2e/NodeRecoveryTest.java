package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.wire.Annotations;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.testbed.apiserver.access.RequestRecord;
import io.migpool.testbed.apiserver.faults.Faults;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.EmbeddedNode;
import io.migpool.testbed.cluster.NodeSpec;
import io.migpool.testbed.kubelet.RunningContainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Failures of a node: reboots, crashes, a missing API server, a process that does not release an instance. */
class NodeRecoveryTest {

    private static final String NODE = "mig-node";
    private static final String AGENT = "system:serviceaccount:kube-system:migpool-device-plugin";
    private static final Duration LONGEST = Duration.ofSeconds(90);
    private static final int UNAVAILABLE = 503;

    private static EmbeddedCluster cluster;
    private Workload workload;
    private EmbeddedNode node;

    @BeforeAll
    static void startCluster() throws Exception {
        ClusterSpec spec = ClusterSpec.fast(
                List.of(NodeSpec.mig(NODE, "NVIDIA A100-SXM4-80GB:1")), SharedCluster.DEVICE_CONFIG, """
                {"nodeconfig": [{"name": "mig-node", "operatingmode": "mig"}]}
                """);
        cluster = EmbeddedCluster.start(spec.withSettings(Map.of(
                "migpool.instance.sweep-interval", "PT0.3S",
                "migpool.instance.idle-ttl", "PT2S",
                "migpool.config.initial-wait", "PT0.5S")));
    }

    @AfterAll
    static void stopCluster() throws IOException {
        cluster.close();
    }

    @BeforeEach
    void newNamespace() {
        workload = Workload.inNewNamespace(cluster);
        node = cluster.node(NODE);
    }

    @AfterEach
    void clear() {
        Workload.apiServerDouble(cluster).faults().clear();
        workload.close();
    }

    @Test
    void afterARebootSurvivingPodsGetTheirInstancesCutAgainAndTheirAnnotationsRight() throws Exception {
        workload.run(GpuPod.named("survivor").container("main", "gpu", "2", "gpumem", "8000"));
        List<String> before = workload.migUuidsOf("survivor");

        // A pod survives a reboot only if the agent is back before kubelet admits it again.
        node.kubelet().reboot(this::rebootMachineOnly, this::bringTheAgentBack);

        await("the pod runs on new instances").atMost(LONGEST).untilAsserted(() -> {
            assertThat(workload.devicesSeenBy("survivor", "main"))
                    .hasSize(2)
                    .doesNotContainAnyElementsOf(before)
                    .isEqualTo(workload.migUuidsOf("survivor"));
        });
        assertThat(instances()).hasSize(2);
    }

    @Test
    void whatAPodHeldThatKubeletFailedAfterARebootIsFreeAtOnce() throws Exception {
        workload.run(GpuPod.named("failed").container("main", "gpu", "1", "gpumem-percentage", "100"));

        node.kubelet().reboot(this::rebootMachineOnly);
        await("kubelet fails the pod, whose device plugin is not there")
                .atMost(LONGEST)
                .until(() -> "Failed".equals(workload.pod("failed").getStatus().getPhase()));
        node.startAgent();

        workload.run(GpuPod.named("heir").container("main", "gpu", "1", "gpumem-percentage", "100"));
        assertThat(workload.pod("failed").getStatus().getPhase()).isEqualTo("Failed");
        assertThat(instances()).hasSize(1);
    }

    private void rebootMachineOnly() {
        try {
            node.stopAgent();
            node.machine().reboot();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GpuException e) {
            throw new IllegalStateException(e);
        }
    }

    private void bringTheAgentBack() {
        try {
            node.startAgent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        await("the agent has registered")
                .atMost(LONGEST)
                .until(() -> !node.kubelet().resources().isEmpty());
    }

    @Test
    void aRealisedPodStartsItsContainersAgainWithoutTheApiServer() {
        workload.run(GpuPod.named("steady").container("main", "gpu", "1", "gpumem", "8000"));
        List<String> devices = workload.devicesSeenBy("steady", "main");
        Faults faults = Workload.apiServerDouble(cluster).faults();
        faults.injectWithProbability(new Faults.Match("*", "*", AGENT), new Faults.Effect.Refuse(UNAVAILABLE), 1);
        faults.dropWatches();
        String first = container("steady").containerId();

        node.kubelet().crashContainer(workload.namespace(), "steady", "main");

        await("the container runs again").atMost(LONGEST).untilAsserted(() -> assertThat(
                        node.containers(workload.namespace(), "steady"))
                .extracting(RunningContainer::containerId)
                .isNotEmpty()
                .doesNotContain(first));
        assertThat(workload.devicesSeenBy("steady", "main")).isEqualTo(devices);
    }

    private RunningContainer container(String pod) {
        return node.containers(workload.namespace(), pod).getFirst();
    }

    @Test
    void anAgentThatDiesBetweenGpuInstanceAndComputeInstanceFinishesTheCutWhenItIsBack() throws Exception {
        SimulatedMachine machine = node.machine();
        node.stopAgent();
        try (AppProcess dying = node.startAgentProcess(Map.of())) {
            await("the agent is ready").atMost(LONGEST).until(dying::isReady);
            // Much shorter than the wait below: killed before it came to this call, the agent leaves the fault to the
            // next.
            machine.inject(
                    gpu(),
                    SimulatedFault.stallNext(
                            "createComputeInstance", LONGEST.dividedBy(3).toMillis()));
            workload.create(GpuPod.named("unlucky").container("main", "gpu", "1", "gpumem", "8000"));
            await("half an instance exists").atMost(LONGEST).until(() -> instances().stream()
                    .anyMatch(instance -> instance.computeInstances().isEmpty()));
            dying.kill();
        } finally {
            node.startAgent();
        }

        await("the pod runs").atMost(LONGEST).untilAsserted(() -> assertThat(workload.devicesSeenBy("unlucky", "main"))
                .hasSize(1)
                .isEqualTo(workload.migUuidsOf("unlucky")));
        assertThat(instances()).singleElement().satisfies(instance -> assertThat(instance.computeInstances())
                .hasSize(1));
    }

    @Test
    void whatAMonitorHoldsTakesItsPlaceUntilItLetsGo() throws Exception {
        workload.run(GpuPod.named("watched").container("main", "gpu", "1", "gpumem", "8000"));
        String uuid = workload.migUuidsOf("watched").getFirst();
        node.machine().holdUnseen(uuid, 4711);
        workload.delete("watched");

        await("it is said to be stuck").atMost(LONGEST).untilAsserted(() -> assertThat(nodeEvents())
                .contains("InstanceStuck"));
        workload.run(GpuPod.named("beside").container("main", "gpu", "1", "gpumem", "40000"));
        assertThat(workload.migUuidsOf("beside")).doesNotContain(uuid);

        node.machine().endProcess(4711);
        await("only the running one is left").atMost(LONGEST).untilAsserted(() -> assertThat(instances())
                .hasSize(1));
    }

    private Set<String> nodeEvents() {
        return Set.copyOf(cluster.client().events().v1().events().inNamespace("default").list().getItems().stream()
                .filter(event -> NODE.equals(event.getRegarding().getName()))
                .map(event -> event.getReason())
                .toList());
    }

    @Test
    void idleInstancesMakeRoomAtOnceAndAreGoneAfterAWhile() throws Exception {
        for (int i = 0; i < 7; i++) {
            workload.run(GpuPod.named("small-" + i).container("main", "gpu", "1", "gpumem", "8000"));
        }
        for (int i = 0; i < 7; i++) {
            workload.delete("small-" + i);
        }

        workload.run(GpuPod.named("large").container("main", "gpu", "1"));
        assertThat(instances()).hasSize(1);
        workload.delete("large");

        await("nothing is kept").atMost(LONGEST).untilAsserted(() -> assertThat(instances())
                .isEmpty());
    }

    @Test
    void theAgentWatchesAndNeverListsAgain() throws Exception {
        Workload.apiServerDouble(cluster).access().forgetRequests();
        cluster.restartAgent(NODE);
        workload.run(GpuPod.named("seen").container("main", "gpu", "1", "gpumem", "8000"));
        workload.delete("seen");

        await("many sweeps later").during(Duration.ofSeconds(3)).atMost(LONGEST).untilAsserted(() -> {
            for (String resource : List.of("pods", "nodes")) {
                assertThat(requests("list", resource))
                        .as("lists of %s", resource)
                        .isEqualTo(1);
                assertThat(requests("watch", resource))
                        .as("watches of %s", resource)
                        .isEqualTo(1);
            }
        });
    }

    private static long requests(String verb, String resource) {
        return Workload.apiServerDouble(cluster).access().requests().entrySet().stream()
                .filter(entry -> isByAgent(entry.getKey(), verb, resource))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private static boolean isByAgent(RequestRecord request, String verb, String resource) {
        return request.user().equals(AGENT)
                && request.verb().equals(verb)
                && request.resource().equals(resource);
    }

    @Test
    void theExtenderGivesNothingToANodeWhoseAgentStops() throws Exception {
        node.stopAgent();
        assertThat(Objects.requireNonNull(
                                cluster.client().nodes().withName(NODE).get())
                        .getMetadata()
                        .getAnnotations())
                .containsEntry(Annotations.NODE_STATE, "stopping");

        workload.create(GpuPod.named("early").container("main", "gpu", "1", "gpumem", "8000"));
        assertThat(workload.awaitRefusal("early")).contains("0/1 nodes are available");
        cluster.restartAgent(NODE);

        await("it is placed after all").atMost(LONGEST).untilAsserted(() -> assertThat(
                        workload.devicesSeenBy("early", "main"))
                .hasSize(1));
    }

    private String gpu() throws GpuException {
        return node.machine().snapshot().gpus().getFirst().description().uuid();
    }

    private List<GpuInstance> instances() throws GpuException {
        return node.machine().snapshot().gpus().getFirst().instances();
    }
}
