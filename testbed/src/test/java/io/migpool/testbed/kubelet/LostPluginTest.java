package io.migpool.testbed.kubelet;

import static io.migpool.testbed.TestApi.pod;
import static io.migpool.testbed.kubelet.NodeFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.PodStatus;
import io.migpool.testbed.TestApi;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A plugin that goes away: for the first five minutes kubelet keeps its resource, then it removes it. */
class LostPluginTest {

    private static final Map<String, String> ONE_GPU = Map.of(TestApi.GPU, "1");
    private static final Duration GRACE = Duration.ofMinutes(5);
    private static final Duration MOMENT = Duration.ofMillis(1);

    private final NodeFixture node = new NodeFixture(3);

    @AfterEach
    void stop() {
        node.close();
    }

    private PodStatus runRefused(String name) {
        node.run(pod(name, ONE_GPU));
        node.awaitPhase(name, "Failed");
        return node.api.get(name).getStatus();
    }

    @Test
    void afterFiveMinutesTheNodeShowsNoneOfTheResource() {
        losePlugin();
        node.time.forward(GRACE.minus(MOMENT));
        assertThat(node.time.waits()).containsExactly(MOMENT);
        assertThat(node.capacity()).isEqualTo("3");

        node.time.forward(MOMENT);

        awaitCapacity(0);
        assertThat(node.allocatable()).isEqualTo("0");
        assertThat(node.registered()).isEmpty();
        node.plugin.register();
        node.awaitAllocatable(3);
        assertThat(node.capacity()).isEqualTo("3");
        assertThat(node.registered()).containsExactly(TestApi.GPU);
    }

    @Test
    void afterFiveMinutesAPodWithTheResourceIsOutOfIt() {
        losePlugin();
        node.time.pass(GRACE);
        awaitCapacity(0);

        PodStatus status = runRefused("late");

        assertThat(status.getReason()).isEqualTo("OutOfnvidia.com/gpu");
        assertThat(status.getMessage()).contains("nvidia.com/gpu, requested: 1, used: 0, capacity: 0");
    }

    @Test
    void whileAPodHasDevicesOfItTheResourceIsUnregisteredForOthers() {
        node.run(pod("owner", ONE_GPU));
        node.awaitPhase("owner", "Running");
        losePlugin();
        node.time.pass(GRACE);
        awaitCapacity(0);

        PodStatus status = runRefused("late");

        assertThat(status.getReason()).isEqualTo("UnexpectedAdmissionError");
        assertThat(status.getMessage()).contains("cannot allocate unregistered device nvidia.com/gpu");
        assertThat(node.kubelet.containers("default", "owner")).hasSize(1);
    }

    @Test
    void aPluginThatComesBackWithinFiveMinutesFindsItsResource() {
        losePlugin();
        node.time.forward(GRACE.minus(MOMENT));
        node.plugin.register();
        node.awaitAllocatable(3);

        node.time.forward(GRACE);

        node.run(pod("served", ONE_GPU));
        node.awaitPhase("served", "Running");
        assertThat(node.capacity()).isEqualTo("3");
    }

    @Test
    void theFiveMinutesBeginAgainWithEveryLoss() {
        losePlugin();
        node.time.forward(Duration.ofMinutes(3));
        node.plugin.register();
        node.awaitAllocatable(3);
        losePlugin();

        node.time.forward(Duration.ofMinutes(4));

        assertThat(node.time.waits()).containsExactly(Duration.ofMinutes(1));
        node.run(pod("early", ONE_GPU));
        node.awaitPhase("early", "Failed");
        assertThat(node.api.get("early").getStatus().getMessage()).contains("cannot allocate unhealthy devices");
        assertThat(node.capacity()).isEqualTo("3");
        node.time.pass(Duration.ofMinutes(1));
        awaitCapacity(0);
    }

    @Test
    void aContainerRestartsOnlyOnceThePluginIsBack() {
        node.run(pod("owner", ONE_GPU));
        node.awaitPhase("owner", "Running");
        losePlugin();
        node.kubelet.crashContainer("default", "owner", "main");
        assertThat(node.awaitWaiting("owner", "main", "CreateContainerConfigError"))
                .contains("has been stopped");
        node.time.forward(GRACE);
        awaitCapacity(0);

        var _ = node.time.pass(Duration.ofSeconds(10), Duration.ofSeconds(15));

        await().atMost(SOON).until(() -> node.awaitWaiting("owner", "main", "CreateContainerConfigError")
                .contains("endpoint not found in cache for a registered resource: nvidia.com/gpu"));
        node.plugin.register();
        node.awaitAllocatable(3);
        var _ = node.time.pass(Duration.ofSeconds(10), Duration.ofSeconds(15));
        await().atMost(SOON).until(() -> node.started.size() == 2);
        assertThat(node.plugin.preStarted).hasSize(2);
        assertThat(node.plugin.allocated).hasSize(1);
    }

    @Test
    void aRestartedKubeletGivesThePluginFiveMinutesToRegister() throws IOException {
        node.kubelet.restart();
        node.awaitAllocatable(0);
        assertThat(node.registered()).containsExactly(TestApi.GPU);

        node.time.forward(GRACE);

        await().atMost(SOON).until(() -> node.registered().isEmpty());
        node.plugin.listenAndRegister();
        node.awaitAllocatable(3);
    }

    private void losePlugin() {
        node.plugin.endStream(0);
        node.awaitAllocatable(0);
        assertThat(node.capacity()).isEqualTo("3");
    }

    private void awaitCapacity(int devices) {
        await("capacity").atMost(SOON).until(node::capacity, Integer.toString(devices)::equals);
    }
}
