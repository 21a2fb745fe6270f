package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.wire.Annotations;
import io.migpool.deviceplugin.gpu.GpuDriver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent as a whole: what is started is closed, in order, however far the start came. */
class NodeAgentTest {

    /**
     * Of the agent's platform threads, those that are named alike on all machines; those of GPUs begin with the last.
     */
    private static final List<String> THREADS =
            List.of("mig-manager", "label-driven-devices", "driver-watch", "grpc-unix", "gpu-");

    @TempDir
    Path directory;

    private AgentRig rig;
    private Set<Thread> before;

    @BeforeEach
    void makeNode() throws IOException {
        rig = AgentRig.unstarted(directory, "NVIDIA A100-SXM4-80GB");
        before = threads();
    }

    @AfterEach
    void removeNode() {
        rig.close();
    }

    @Test
    void makingItAsksNeitherDriverNorClusterNorKubelet() throws Exception {
        List<String> patches = new CopyOnWriteArrayList<>();
        rig.cluster.onNodePatch(patch -> patches.add(patch.toString()));
        rig.cluster.unreachable();
        try (GpuDriver driver = rig.machine.openDriver();
                NodeAgent agent = rig.agent(new AgentPorts(
                        new UnaskedDriver(driver),
                        driver.gpus(),
                        rig.cluster,
                        InstantSource.system(),
                        InstantSource.system()))) {
            assertThat(agent.pool().instances()).isEmpty();
        }

        assertThat(rig.cluster.isStarted()).isFalse();
        assertThat(rig.cluster.isClosed()).isTrue();
        assertThat(patches).isEmpty();
        assertThat(socket()).doesNotExist();
        awaitNoThreads();
    }

    @Test
    void aStartThatFailsBeforeKubeletHearsOfItLeavesNothingRunning() throws Exception {
        try (GpuDriver driver = rig.machine.openDriver()) {
            IllegalStateException failure = new IllegalStateException("not now");
            NodeAgent agent = rig.agent(AgentPorts.of(driver, rig.cluster, InstantSource.system()));

            assertThatThrownBy(() -> agent.start(() -> {
                        await().until(() -> agent.presence().isAnnounced());
                        throw failure;
                    }))
                    .isSameAs(failure);
            assertThat(ours()).extracting(Thread::getName).contains("mig-manager", "label-driven-devices");
            agent.close();

            awaitNoThreads();
            assertThat(rig.cluster.isClosed()).isTrue();
            assertThat(rig.cluster.nodeAnnotations()).containsEntry(Annotations.NODE_STATE, "stopping");
            assertThat(rig.kubelet.registrations()).isEmpty();
            assertThat(socket()).doesNotExist();
        }
        rig.startAgent();
        rig.awaitRegistration();
    }

    @Test
    void aStartThatFailsAtItsFirstStepStartsNothingElse() throws Exception {
        Files.createDirectories(directory.resolve("state").resolve("ownership.json"));
        try (GpuDriver driver = rig.machine.openDriver()) {
            NodeAgent agent = rig.agent(AgentPorts.of(driver, rig.cluster, InstantSource.system()));

            assertThatThrownBy(() -> agent.start(() -> {})).isInstanceOf(IOException.class);
            agent.close();
            agent.close();
        }

        awaitNoThreads();
        assertThat(rig.cluster.isStarted()).isFalse();
        assertThat(rig.cluster.isClosed()).isTrue();
        assertThat(rig.cluster.nodeAnnotations()).isEmpty();
        assertThat(rig.kubelet.registrations()).isEmpty();
    }

    @Test
    void anAgentThatWasStoppedWhileItStartedServesNobody() throws Exception {
        try (GpuDriver driver = rig.machine.openDriver()) {
            NodeAgent agent = rig.agent(AgentPorts.of(driver, rig.cluster, InstantSource.system()));

            agent.start(agent::close);

            awaitNoThreads();
            assertThat(socket()).doesNotExist();
            assertThat(rig.translatedPodResources()).doesNotExist();
        }
    }

    @Test
    void theNodeSaysThatItStopsBeforeAnySocketCloses() throws Exception {
        List<Boolean> served = new CopyOnWriteArrayList<>();
        rig.startAgent();
        awaitState("serving");
        rig.cluster.onNodePatch(patch -> {
            if ("stopping".equals(patch.get(Annotations.NODE_STATE))) {
                served.add(Files.exists(socket()) && Files.exists(rig.translatedPodResources()));
            }
        });

        rig.stopAgent();

        assertThat(served).containsExactly(true);
        assertThat(rig.cluster.nodeAnnotations()).containsEntry(Annotations.NODE_STATE, "stopping");
        assertThat(socket()).doesNotExist();
        assertThat(rig.translatedPodResources()).doesNotExist();
        awaitNoThreads();
    }

    @Test
    void theNodeServesOnlyWhileKubeletHasTheSlots() throws Exception {
        List<String> states = new CopyOnWriteArrayList<>();
        rig.cluster.onNodePatch(patch -> states.add(patch.get(Annotations.NODE_STATE)));
        rig.kubelet.stop();
        rig.startAgent();
        await().until(() -> rig.agent().presence().isAnnounced());
        assertThat(states).doesNotContain("serving");

        rig.kubelet.start();
        awaitState("serving");
        assertThat(rig.agent().plugin().isRegistered()).isTrue();

        rig.kubelet.stop();
        awaitState("stopping");

        rig.kubelet.start();
        awaitState("serving");
    }

    @Test
    void podsThatAreBoundBeforeTheNodeSaysThatItStopsAreStillAdmitted() throws Exception {
        rig.stopDelay = Duration.ofHours(1);
        rig.startAgent();
        rig.awaitRegistration();
        awaitState("serving");

        Thread stopping = Thread.ofVirtual().start(rig.agent()::close);
        try {
            awaitState("stopping");
            assertThat(rig.kubelet.allocate("mp-000").getCdiDevicesCount()).isEqualTo(1);
            assertThat(stopping.isAlive()).isTrue();
        } finally {
            stopping.interrupt();
        }

        stopping.join();
        assertThat(socket()).doesNotExist();
    }

    private void awaitState(String state) {
        await().untilAsserted(
                        () -> assertThat(rig.cluster.nodeAnnotations()).containsEntry(Annotations.NODE_STATE, state));
    }

    private Path socket() {
        return directory.resolve("dp").resolve("migpool.sock");
    }

    /** Those that the agent has started; kubelet's are older. */
    private Set<Thread> ours() {
        Set<Thread> now = threads();
        now.removeAll(before);
        return now;
    }

    private void awaitNoThreads() {
        await().untilAsserted(() -> assertThat(ours()).isEmpty());
    }

    private static Set<Thread> threads() {
        Set<Thread> threads = new HashSet<>(Thread.getAllStackTraces().keySet());
        threads.removeIf(thread -> THREADS.stream().noneMatch(thread.getName()::startsWith));
        return threads;
    }
}
