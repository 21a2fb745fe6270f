package io.migpool.testbed.kubelet;

import static io.migpool.testbed.TestApi.GPU;
import static io.migpool.testbed.TestApi.container;
import static io.migpool.testbed.TestApi.pod;
import static io.migpool.testbed.kubelet.NodeFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.kubelet.deviceplugin.CDIDevice;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KubeletStartTest {

    private static final Map<String, String> ONE_GPU = Map.of(GPU, "1");

    private final NodeFixture node = new NodeFixture(4);

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void aPodWithoutDevicesRunsWithoutAnyPluginCall() {
        node.run(pod("plain", Map.of()));

        node.awaitPhase("plain", "Running");
        assertThat(node.plugin.allocated).isEmpty();
        assertThat(node.plugin.preStarted).isEmpty();
        var status = node.api.get("plain").getStatus();
        assertThat(status.getPodIP()).startsWith("10.");
        assertThat(status.getHostIP()).isEqualTo("127.0.0.1");
        assertThat(status.getStartTime()).isNotEmpty();
        assertThat(status.getConditions()).anySatisfy(condition -> {
            assertThat(condition.getType()).isEqualTo("Ready");
            assertThat(condition.getStatus()).isEqualTo("True");
        });
    }

    @Test
    void preStartSeesTheIdsOfAllocateWhenCheckpointAndPodResourcesAlreadyNameTheOwner() {
        var seen = new AtomicReference<List<String>>(List.of());
        node.plugin.onPreStart = ids -> {
            var listed = node.podResources().getPodResources(0);
            assertThat(listed.getName()).isEqualTo("late");
            assertThat(listed.getContainers(0).getDevices(0).getDeviceIdsList()).isEqualTo(ids);
            seen.set(node.checkpointed(node.api.get("late"), "main"));
            return Optional.empty();
        };

        node.run(pod("late", ONE_GPU));

        node.awaitPhase("late", "Running");
        assertThat(node.plugin.preStarted).isEqualTo(node.plugin.allocated).hasSize(1);
        assertThat(seen.get()).isEqualTo(node.plugin.allocated.getFirst());
    }

    @Test
    void aRefusedPreStartIsShownOnTheContainerAndTriedAgainUntilItSucceeds() {
        var reservation = new AtomicBoolean();
        node.plugin.onPreStart =
                ids -> reservation.get() ? Optional.empty() : Optional.of("no reservation: is the scheduler there?");

        node.run(pod("patient", ONE_GPU));

        assertThat(node.awaitWaiting("patient", "main", "CreateContainerConfigError"))
                .contains("no reservation: is the scheduler there?");
        passRetry(node);
        await().atMost(SOON).until(() -> node.plugin.preStarted.size() == 2);
        assertThat(node.api.phase("patient")).isEqualTo("Pending");
        reservation.set(true);
        passRetry(node);
        node.awaitPhase("patient", "Running");
        assertThat(node.plugin.allocated).as("Allocate is not repeated").hasSize(1);
        assertThat(node.api.events("patient", "Failed"))
                .singleElement()
                .asString()
                .contains("no reservation");
    }

    @Test
    void anAnnotationOfThePodMakesKubeletTryAFailedStartAtOnce() {
        node.plugin.onPreStart = ids -> node.plugin.preStarted.size() == 1 ? Optional.of("not yet") : Optional.empty();
        node.run(pod("annotated", ONE_GPU));
        await().atMost(SOON).until(() -> node.plugin.preStarted.size() == 1);

        node.api.client.pods().withName("annotated").edit(pod -> {
            pod.getMetadata().setAnnotations(Map.of("hami.io/bind-phase", "success"));
            return pod;
        });

        node.awaitPhase("annotated", "Running");
    }

    @Test
    void aCrashedContainerGetsAnotherPreStartAndCountsARestart() {
        node.run(pod("crashing", ONE_GPU));
        node.awaitPhase("crashing", "Running");

        node.kubelet.crashContainer("default", "crashing", "main");

        await().atMost(SOON).until(() -> node.status("crashing", "main").getRestartCount(), Integer.valueOf(1)::equals);
        assertThat(node.plugin.preStarted).hasSize(2);
        assertThat(node.plugin.allocated).hasSize(1);
        assertThat(node.status("crashing", "main")
                        .getLastState()
                        .getTerminated()
                        .getExitCode())
                .isEqualTo(1);
        assertThat(node.stopped).hasSize(1);
        assertThat(node.started).hasSize(2);
    }

    @Test
    void aSecondCrashWaitsInCrashLoopBackOff() {
        node.run(pod("looping", Map.of()));
        node.awaitPhase("looping", "Running");

        node.kubelet.crashContainer("default", "looping", "main");
        await().atMost(SOON).until(() -> node.started.size() == 2);
        node.kubelet.crashContainer("default", "looping", "main");

        node.awaitWaiting("looping", "main", "CrashLoopBackOff");
        assertThat(node.api.phase("looping")).isEqualTo("Running");
        node.time.pass(Duration.ofSeconds(10));
        await().atMost(SOON).until(() -> node.started.size() == 3);
    }

    @Test
    void theCdiDeviceThatPreStartWritesWinsOverThePodsOwnVariablesAndThoseOverAllocates() {
        node.plugin.onAllocate = ids -> ContainerAllocateResponse.newBuilder()
                .putEnvs("FROM_ALLOCATE", "allocate")
                .putEnvs("BY_USER", "allocate")
                .addCdiDevices(CDIDevice.newBuilder().setName("migpool.io/slot=" + ids.getFirst()))
                .build();
        node.plugin.onPreStart = ids -> {
            node.writeCdi(ids.getFirst() + ".json", ids.getFirst(), "NVIDIA_VISIBLE_DEVICES=MIG-1");
            return Optional.empty();
        };
        var pod = pod("bound", Map.of());
        pod.editSpec()
                .withContainers(container("main", ONE_GPU)
                        .addNewEnv()
                        .withName("BY_USER")
                        .withValue("user")
                        .endEnv()
                        .addNewEnv()
                        .withName("NVIDIA_VISIBLE_DEVICES")
                        .withValue("all")
                        .endEnv()
                        .build())
                .endSpec();

        node.run(pod);

        node.awaitPhase("bound", "Running");
        assertThat(node.kubelet.containers("default", "bound"))
                .singleElement()
                .extracting(RunningContainer::environment)
                .isEqualTo(Map.of("FROM_ALLOCATE", "allocate", "BY_USER", "user", "NVIDIA_VISIBLE_DEVICES", "MIG-1"));
    }

    @Test
    void aCdiFileThatIsMissingFailsTheStartUntilItIsThere() {
        node.plugin.onAllocate = ids -> ContainerAllocateResponse.newBuilder()
                .addCdiDevices(CDIDevice.newBuilder().setName("migpool.io/slot=gone"))
                .build();

        node.run(pod("unresolved", ONE_GPU));

        assertThat(node.awaitWaiting("unresolved", "main", "CreateContainerError"))
                .contains("unresolvable CDI devices migpool.io/slot=gone");
        node.writeCdi("late.json", "gone", "A=1");
        passRetry(node);
        node.awaitPhase("unresolved", "Running");
    }

    @Test
    void aPreStartBeyondItsDeadlineFailsTheStart() {
        try (var strict = new NodeFixture(1, timing -> timing.withPreStartTimeout(Duration.ofMillis(50)))) {
            var release = new CountDownLatch(1);
            strict.plugin.onPreStart = ids -> {
                awaitQuietly(release);
                return Optional.empty();
            };

            strict.run(pod("stuck", ONE_GPU));

            assertThat(strict.awaitWaiting("stuck", "main", "CreateContainerConfigError"))
                    .contains("DEADLINE_EXCEEDED");
            release.countDown();
            passRetry(strict);
            strict.awaitPhase("stuck", "Running");
        }
    }

    private static void passRetry(NodeFixture node) {
        var _ = node.time.pass(Duration.ofSeconds(10), Duration.ofSeconds(15));
    }

    private static void awaitQuietly(CountDownLatch release) {
        try {
            release.await();
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }
}
