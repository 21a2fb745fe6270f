package io.migpool.testbed.kubelet;

import static io.migpool.testbed.TestApi.GPU;
import static io.migpool.testbed.TestApi.container;
import static io.migpool.testbed.TestApi.pod;
import static io.migpool.testbed.kubelet.NodeFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.testbed.apiserver.faults.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeletAdmissionTest {

    private static final Map<String, String> ONE_GPU = Map.of(GPU, "1");
    private static final Map<String, String> TWO_GPUS = Map.of(GPU, "2");

    private final NodeFixture node = new NodeFixture(4);

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void allContainersAreAllocatedAtAdmissionEachWithACallOfItsOwn() {
        var pod = pod("pair", Map.of())
                .editSpec()
                .withContainers(
                        container("a", ONE_GPU).build(),
                        container("b", TWO_GPUS).build())
                .endSpec();

        node.run(pod);

        node.awaitPhase("pair", "Running");
        assertThat(node.plugin.allocated).hasSize(2);
        assertThat(node.plugin.allocated.get(0)).hasSize(1);
        assertThat(node.plugin.allocated.get(1)).hasSize(2).doesNotContainAnyElementsOf(node.plugin.allocated.get(0));
    }

    @Test
    void appContainersReuseTheIdsOfInitContainers() {
        var created = node.run(pod("reusing", TWO_GPUS)
                .editSpec()
                .withInitContainers(
                        container("first", TWO_GPUS).build(),
                        container("second", ONE_GPU).build())
                .endSpec());

        node.awaitPhase("reusing", "Running");
        assertThat(node.checkpointed(created, "main"))
                .containsExactlyInAnyOrderElementsOf(node.checkpointed(created, "first"))
                .containsAll(node.checkpointed(created, "second"));
        assertThat(node.plugin.preStarted)
                .as("every container in its turn")
                .extracting(List::size)
                .containsExactly(2, 1, 2);
        assertThat(node.status("reusing", "first").getState().getTerminated().getExitCode())
                .isZero();
    }

    @Test
    void aSidecarKeepsItsIdsForItself() {
        var sidecar = container("sidecar", ONE_GPU).withRestartPolicy("Always").build();
        var created = node.run(
                pod("assisted", ONE_GPU).editSpec().withInitContainers(sidecar).endSpec());

        node.awaitPhase("assisted", "Running");
        assertThat(node.checkpointed(created, "main"))
                .hasSize(1)
                .doesNotContainAnyElementsOf(node.checkpointed(created, "sidecar"));
        assertThat(node.kubelet.containers("default", "assisted")).hasSize(2);
        assertThat(node.podResources().getPodResources(0).getContainersList())
                .extracting(resources -> resources.getName())
                .containsExactlyInAnyOrder("sidecar", "main");
    }

    @Test
    void podResourcesLeavesInitContainersOutWhileTheCheckpointHasThem() {
        var created = node.run(pod("listed", ONE_GPU)
                .editSpec()
                .withInitContainers(container("init", ONE_GPU).build())
                .endSpec());

        node.awaitPhase("listed", "Running");
        assertThat(node.podResources().getPodResources(0).getContainersList())
                .extracting(resources -> resources.getName())
                .containsExactly("main");
        assertThat(node.checkpointed(created, "init")).hasSize(1);
    }

    @Test
    void anErrorOfAllocateFailsThePodForGood() {
        node.plugin.onAllocate = ids -> {
            throw new IllegalStateException("board on fire");
        };

        node.run(pod("doomed", ONE_GPU));

        node.awaitPhase("doomed", "Failed");
        var status = node.api.get("doomed").getStatus();
        assertThat(status.getReason()).isEqualTo("UnexpectedAdmissionError");
        assertThat(status.getMessage()).contains("board on fire");
        assertThat(node.api.events("doomed", "UnexpectedAdmissionError")).hasSize(1);
        assertThat(node.started).isEmpty();
    }

    @Test
    void missingSlotsFailThePodForGoodAndTakeNothing() {
        node.run(pod("greedy", Map.of(GPU, "5")));

        node.awaitPhase("greedy", "Failed");
        assertThat(node.api.get("greedy").getStatus().getMessage()).contains("Requested: 5, Available: 4");
        node.run(pod("modest", Map.of(GPU, "4")));
        node.awaitPhase("modest", "Running");
    }

    @ParameterizedTest
    @CsvSource({
        "cpu, 65, 'requested: 65000, used: 0, capacity: 64000'",
        "memory, 513Gi, 'requested: 550829555712, used: 0, capacity: 549755813888'"
    })
    void aPodThatTheNodeHasNoRoomForFailsForGoodAndTakesNoDevices(String resource, String amount, String figures) {
        node.run(pod("large", Map.of(GPU, "4", resource, amount)));

        node.awaitPhase("large", "Failed");
        var status = node.api.get("large").getStatus();
        var why = "Node didn't have enough resource: %s, %s".formatted(resource, figures);
        assertThat(status.getReason()).isEqualTo("OutOf" + resource);
        assertThat(status.getMessage()).isEqualTo("Pod was rejected: " + why);
        assertThat(node.api.events("large", "OutOf" + resource)).containsExactly(why);
        assertThat(node.started).isEmpty();
        node.run(pod("modest", Map.of(GPU, "4")));
        node.awaitPhase("modest", "Running");
    }

    @Test
    void aPodThatDemandsAnotherNodeFailsForGoodAndTakesNoDevices() {
        var choosy = pod("choosy", Map.of(GPU, "4"))
                .editSpec()
                .addToNodeSelector("zone", "b")
                .endSpec();
        node.run(choosy);

        node.awaitPhase("choosy", "Failed");
        var status = node.api.get("choosy").getStatus();
        assertThat(status.getReason()).isEqualTo("NodeAffinity");
        assertThat(status.getMessage())
                .isEqualTo(
                        "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
        node.api.client.nodes().withName(NodeFixture.NODE).edit(there -> there.edit()
                .editMetadata()
                .addToLabels("zone", "b")
                .endMetadata()
                .build());
        node.run(choosy.editMetadata().withName("again").endMetadata());
        node.awaitPhase("again", "Running");
    }

    @Test
    void whileTheApiServerIsUnavailableTheNodeIsJudgedByItsLastKnownLabels() {
        node.api.faults().injectWithProbability(Faults.Match.of("get", "nodes"), new Faults.Effect.Refuse(503), 1.0);

        node.run(demanding("fitting", "mig"));
        node.run(demanding("stray", "cpu"));

        node.awaitPhase("fitting", "Running");
        node.awaitPhase("stray", "Failed");
        assertThat(node.api.get("stray").getStatus().getReason()).isEqualTo("NodeAffinity");
    }

    @Test
    void aNodeThatIsReadSlowlyKeepsNoOtherPodFromItsAdmission() {
        node.api.faults().inject(Faults.Match.of("get", "nodes"), new Faults.Effect.Delay(Duration.ofSeconds(5)), 1);
        node.run(demanding("slow", "mig"));
        await().atMost(SOON).until(() -> node.api.faults().pending(), Integer.valueOf(0)::equals);

        node.run(pod("other", ONE_GPU));

        node.awaitPhase("other", "Running");
        assertThat(node.api.phase("slow")).isEqualTo("Pending");
        node.awaitPhase("slow", "Running");
    }

    private static PodBuilder demanding(String name, String pool) {
        return pod(name, Map.of()).editSpec().addToNodeSelector("pool", pool).endSpec();
    }

    @Test
    void whatAPodRequestedIsFreeAgainWhenItHasEnded() {
        node.run(pod("first", Map.of("cpu", "40"))
                .editSpec()
                .withRestartPolicy("Never")
                .endSpec());
        node.awaitPhase("first", "Running");
        node.run(pod("second", Map.of("cpu", "40")));
        node.awaitPhase("second", "Failed");
        assertThat(node.api.get("second").getStatus().getMessage()).contains("used: 40000");
        node.kubelet.completePod("default", "first");
        node.awaitPhase("first", "Succeeded");

        node.run(pod("third", Map.of("cpu", "40")));

        node.awaitPhase("third", "Running");
    }

    @Test
    void idsOfAPodThatHasEndedAreHandedOutAgain() {
        node.run(pod("first", Map.of(GPU, "4"))
                .editSpec()
                .withRestartPolicy("Never")
                .endSpec());
        node.awaitPhase("first", "Running");
        node.kubelet.completePod("default", "first");
        node.awaitPhase("first", "Succeeded");

        node.run(pod("second", Map.of(GPU, "4")));

        node.awaitPhase("second", "Running");
    }

    @Test
    void freeIdsAreChosenAtRandom() {
        var orders = new ArrayList<List<String>>();
        for (var round = 0; round < 8; round++) {
            var name = "pod-" + round;
            var created = node.run(
                    pod(name, ONE_GPU).editSpec().withRestartPolicy("Never").endSpec());
            node.awaitPhase(name, "Running");
            orders.add(node.checkpointed(created, "main"));
            node.kubelet.completePod("default", name);
            node.awaitPhase(name, "Succeeded");
        }

        assertThat(orders.stream().distinct()).hasSizeGreaterThan(1);
    }

    @Test
    void aPluginWithPreferencesIsAskedAndKubeletFillsUpWhatItLeavesOpen() {
        node.plugin.preference = available -> List.of("mp-003", "mp-unknown");
        node.plugin.register();

        node.run(pod("choosy", TWO_GPUS));

        node.awaitPhase("choosy", "Running");
        assertThat(node.plugin.allocated.getFirst()).hasSize(2).contains("mp-003");
        assertThat(node.plugin.allocated.getFirst()).isSubsetOf(FakePlugin.ids(4));
    }

    @Test
    void aNewKubeletOnTheOldRootFreesTheIdsOfPodsThatWentAwayMeanwhile() throws Exception {
        var gone = node.run(pod("gone", Map.of(GPU, "4")));
        node.awaitPhase("gone", "Running");
        node.kubelet.close();
        assertThat(node.checkpointed(gone, "main")).hasSize(4);
        node.api.client.pods().withName("gone").withGracePeriod(0).delete();

        try (var heir = Kubelet.start(KubeletOptions.of(NodeFixture.NODE, node.root, node.api.client))) {
            assertThat(heir.containers()).isEmpty();
            assertThat(node.allocatable()).isEqualTo("0");
            node.plugin.listenAndRegister();
            node.awaitAllocatable(4);
            node.run(pod("next", Map.of(GPU, "4")));
            node.awaitPhase("next", "Running");
            assertThat(node.checkpointed(gone, "main")).isEmpty();
        }
    }

    @Test
    void aResourceThatNoPluginServesIsLeftOut() {
        node.run(pod("ghostly", Map.of("nvidia.com/gpumem", "8000")));

        node.awaitPhase("ghostly", "Running");
        assertThat(node.plugin.allocated).isEmpty();
    }

    @Test
    void anAnnotationThatCannotBeReadFailsThePodAndSaysWhatWouldBeRight() {
        node.run(pod("odd", Map.of())
                .editMetadata()
                .addToAnnotations("testbed.migpool.io/run-for", "soon")
                .endMetadata());

        node.awaitPhase("odd", "Failed");
        assertThat(node.api.get("odd").getStatus().getMessage())
                .contains("testbed.migpool.io/run-for", "\"soon\"", "2s");
    }

    @Test
    void eightPodsAtOnceGetDifferentIds() {
        try (var big = new NodeFixture(8)) {
            for (var index = 0; index < 8; index++) {
                big.run(pod("burst-" + index, ONE_GPU));
            }

            await().atMost(SOON).until(() -> big.started.size() == 8);
            assertThat(big.plugin.allocated.stream().flatMap(List::stream))
                    .hasSize(8)
                    .doesNotHaveDuplicates();
        }
    }
}
