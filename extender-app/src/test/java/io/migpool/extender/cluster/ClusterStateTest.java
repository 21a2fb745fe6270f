package io.migpool.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.config.DeviceSettings;
import io.migpool.config.ModelProfiles;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.LinkScores;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigAllocations;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.placement.FirstFit;
import io.migpool.extender.placement.PlanOutcome;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.ReasonCode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The views after events about objects. */
class ClusterStateTest {

    private static final Node NODE = KubernetesObjects.node("n", Boards.a10080("a", 0));
    private static final Planner PLANNER = new Planner(new FirstFit());

    private final ClusterState state = new ClusterState(DeviceSettings.DEFAULT);
    private final Told told = new Told(this::taken);

    @BeforeEach
    void listen() {
        state.nodeChanged(NODE);
        state.addListener(told);
    }

    private int taken() {
        return state.node("n").orElseThrow().gpus().getFirst().takenPermille();
    }

    private ReasonCode reason() {
        return ((PlanOutcome.DoesNotFit) plan(KubernetesObjects.pod("probe", "gpu", "1", "gpumem", "8000")))
                .reason()
                .code();
    }

    private PlanOutcome plan(Pod pod) {
        RequestOutcome.Accepted accepted = (RequestOutcome.Accepted) state.requestOf(pod);
        return PLANNER.plan(
                state.demandOf(pod, accepted.request()), state.node("n").orElseThrow());
    }

    private Pod bound(String name) {
        Pod pod = KubernetesObjects.pod(name, "gpu", "1", "gpumem", "8000");
        Reservation reservation = ((PlanOutcome.Fits) plan(pod)).plan().toReservation(Instant.ofEpochSecond(1));
        return KubernetesObjects.bound(pod, reservation);
    }

    @Test
    void aBoundPodOccupiesUntilItIsGone() {
        Pod pod = bound("p");
        state.podChanged(pod);
        assertThat(taken()).isEqualTo(125);
        state.podChanged(new PodBuilder(pod)
                .editMetadata()
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .build());
        assertThat(taken()).as("terminating").isEqualTo(125);
        state.podGone("uid-p");
        assertThat(taken()).isZero();
        assertThat(told.all()).containsExactly("bound uid-p at 125", "bound uid-p at 125", "gone uid-p at 0");
    }

    @Test
    void aFinishedPodOccupiesNothing() {
        Pod pod = bound("p");
        state.podChanged(pod);
        state.podChanged(new PodBuilder(pod)
                .withNewStatus()
                .withPhase("Succeeded")
                .endStatus()
                .build());
        assertThat(taken()).isZero();
        assertThat(state.pod("uid-p")).isEmpty();
    }

    @Test
    void aPodThatAskedForNothingUnderFormerSettingsComesBack() throws Exception {
        Pod pod = KubernetesObjects.pod("p", "gpumem", "8000");
        state.podChanged(pod);
        state.settingsChanged(DeviceSettings.parse("nvidia:\n  defaultGPUNum: 0"));
        state.podChanged(pod);
        assertThat(state.pod("uid-p")).isEmpty();
        state.settingsChanged(DeviceSettings.DEFAULT);
        state.podChanged(pod);
        assertThat(state.pod("uid-p")).isPresent();
    }

    @Test
    void aPodThatIsNotBoundOccupiesNothingWhateverItsAnnotationsSay() {
        Pod pod = bound("p");
        state.podChanged(
                new PodBuilder(pod).editSpec().withNodeName(null).endSpec().build());
        assertThat(taken()).isZero();
    }

    @Test
    void aReservationForAnotherNodeIsNotBelieved() {
        state.podChanged(KubernetesObjects.annotated(bound("p"), Annotations.VGPU_NODE, "elsewhere"));
        assertThat(taken()).isZero();
        assertThat(state.malformedAnnotations()).isEqualTo(1);
    }

    @Test
    void aPodWithoutGpuRequestOccupiesNothing() {
        Pod forged = new PodBuilder(bound("p"))
                .editSpec()
                .editFirstContainer()
                .editResources()
                .withLimits(Map.of("cpu", new Quantity("1")))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
        state.podChanged(forged);
        assertThat(taken()).isZero();
    }

    @Test
    void anEditOfTheDefaultsFreesNothingThatARunningPodHas() throws Exception {
        state.nodeChanged(KubernetesObjects.node("n", Boards.a10080("a", 0), Boards.shared("b", 1, 10, 81920)));
        Pod cut = bound("cut");
        Pod slice = KubernetesObjects.bound(
                KubernetesObjects.pod("slice", "gpu", "1", "gpumem", "8000"),
                new Reservation(
                        "n",
                        Instant.ofEpochSecond(1),
                        new PodDevices(List.of(List.of(new AllocatedDevice("b", AllocatedDevice.NVIDIA, 8000, 0)))),
                        List.of()));
        state.podChanged(cut);
        state.podChanged(slice);
        List<Integer> before = takenOfAll();
        assertThat(before).doesNotContain(0);

        for (String edit : List.of("defaultCores: 50", "memoryFactor: 4")) {
            state.settingsChanged(DeviceSettings.parse("nvidia:\n  " + edit));
            state.podChanged(cut);
            state.podChanged(slice);
            assertThat(takenOfAll()).as(edit).isEqualTo(before);
        }
        assertThat(state.malformedAnnotations()).isZero();
    }

    /** The helper asked for nothing when the pod was bound, and kubelet gave it nothing. */
    @Test
    void aLaterDefaultOfDevicesFreesNothingThatARunningPodHas() throws Exception {
        state.settingsChanged(DeviceSettings.parse("nvidia: {defaultGPUNum: 0}"));
        Pod pod = new PodBuilder(KubernetesObjects.pod("p", "gpu", "1", "gpumem", "8000"))
                .editSpec()
                .addToContainers(new ContainerBuilder()
                        .withName("helper")
                        .withNewResources()
                        .withLimits(Map.of("nvidia.com/gpumem", new Quantity("1000")))
                        .endResources()
                        .build())
                .endSpec()
                .build();
        Pod bound = KubernetesObjects.bound(
                pod, ((PlanOutcome.Fits) plan(pod)).plan().toReservation(Instant.ofEpochSecond(1)));
        state.podChanged(bound);
        assertThat(taken()).isEqualTo(125);

        state.settingsChanged(DeviceSettings.DEFAULT);
        state.podChanged(bound);

        assertThat(taken()).isEqualTo(125);
        assertThat(state.malformedAnnotations()).isZero();
    }

    private List<Integer> takenOfAll() {
        return state.node("n").orElseThrow().gpus().stream()
                .map(GpuView::takenPermille)
                .toList();
    }

    @Test
    void aProfileThatAnotherSchedulerChoseTooSmallIsHeldAllTheSame() {
        Pod pod = bound("p");
        state.podChanged(new PodBuilder(pod)
                .editSpec()
                .editFirstContainer()
                .editResources()
                .addToLimits("nvidia.com/gpucores", new Quantity("50"))
                .endResources()
                .endContainer()
                .endSpec()
                .build());
        assertThat(taken()).isEqualTo(125);
        assertThat(state.malformedAnnotations()).isZero();
    }

    @Test
    void anInstanceWhereNoneCanLieIsNotBelieved() {
        Pod pod = bound("p");
        String allocations = pod.getMetadata().getAnnotations().getOrDefault(Annotations.MIG_ALLOCATIONS, "");
        state.podChanged(KubernetesObjects.annotated(
                pod, Annotations.MIG_ALLOCATIONS, allocations.replace("1g.10gb", "2g.20gb")));
        assertThat(taken()).isZero();
        assertThat(state.malformedAnnotations()).isEqualTo(1);
    }

    @Test
    void oneMalformedPodChangesNothingForOthersAndIsReportedOnce() {
        Pod good = bound("good");
        state.podChanged(KubernetesObjects.annotated(bound("bad"), Annotations.MIG_ALLOCATIONS, "[{]"));
        state.podChanged(KubernetesObjects.annotated(bound("bad"), Annotations.MIG_ALLOCATIONS, "[{]"));
        state.podChanged(good);
        assertThat(taken()).isEqualTo(125);
        assertThat(state.malformedAnnotations()).isEqualTo(1);
    }

    @Test
    void podsThatArriveBeforeTheirNodeCountOnceItIsThere() {
        Pod pod = bound("p");
        ClusterState fresh = new ClusterState(DeviceSettings.DEFAULT);
        fresh.podChanged(pod);
        fresh.nodeChanged(NODE);
        assertThat(fresh.node("n").orElseThrow().gpus().getFirst().takenPermille())
                .isEqualTo(125);
        fresh.nodeGone("n");
        assertThat(fresh.node("n")).isEmpty();
        fresh.nodeChanged(NODE);
        assertThat(fresh.node("n").orElseThrow().gpus().getFirst().takenPermille())
                .isEqualTo(125);
    }

    @Test
    void aNodeThatCannotServeSaysWhy() {
        state.nodeChanged(KubernetesObjects.annotated(NODE, Annotations.NODE_STATE, "stopping"));
        assertThat(reason()).isEqualTo(ReasonCode.NODE_NOT_SERVING);
        state.nodeChanged(
                new NodeBuilder(NODE).editStatus().withConditions().endStatus().build());
        assertThat(reason()).isEqualTo(ReasonCode.NODE_NOT_READY);
        state.nodeChanged(new NodeBuilder(NODE)
                .editStatus()
                .withAllocatable(Map.of("nvidia.com/gpu", new Quantity("0")))
                .endStatus()
                .build());
        assertThat(reason()).isEqualTo(ReasonCode.NODE_NOT_SERVING);
        state.nodeChanged(KubernetesObjects.annotated(NODE, Annotations.DEVICE_CORDON, "a"));
        assertThat(reason()).isEqualTo(ReasonCode.CORDONED);
        state.nodeChanged(KubernetesObjects.annotated(NODE, Annotations.NODE_REGISTER, "{"));
        assertThat(reason()).isEqualTo(ReasonCode.NOT_REGISTERED);
        state.nodeChanged(NODE);
        assertThat(plan(KubernetesObjects.pod("probe", "gpu", "1", "gpumem", "8000")))
                .isInstanceOf(PlanOutcome.Fits.class);
    }

    /** More pods than complaints are remembered of must not make every reader complain anew. */
    @Test
    void readingWhatPodsOccupyComplainsOfNothing() {
        Pod impossible = KubernetesObjects.annotated(
                bound("p"),
                Annotations.MIG_ALLOCATIONS,
                MigAllocations.encode(
                        List.of(new MigAllocation(0, 0, "a", MigProfile.parse("2g.20gb"), new Placement(6, 1), null))));
        int pods = 1500;
        for (int i = 0; i < pods; i++) {
            state.podChanged(new PodBuilder(impossible)
                    .editMetadata()
                    .withName("p" + i)
                    .withUid("uid-" + i)
                    .endMetadata()
                    .build());
        }
        assertThat(state.malformedAnnotations()).isEqualTo(pods);

        assertThat(state.pods()).hasSize(pods).allMatch(pod -> state.occupancy(pod)
                .isEmpty());

        assertThat(state.malformedAnnotations()).isEqualTo(pods);
    }

    @Test
    void settingsTakeEffectAtOnce() {
        state.settingsChanged(DeviceSettings.DEFAULT.withMigProfileAllowlist(
                List.of(new ModelProfiles(List.of("A100-SXM4-80GB"), List.of(MigProfile.parse("3g.40gb"))))));
        PlanOutcome.Fits fits = (PlanOutcome.Fits) plan(KubernetesObjects.pod("probe", "gpu", "1", "gpumem", "8000"));
        assertThat(fits.plan().text()).isEqualTo("3g.40gb at 4:4 on a");
    }

    @Test
    void aNodeCanBeSeenWithoutCertainPods() {
        state.podChanged(bound("p"));
        state.podChanged(bound("q"));
        assertThat(taken()).isEqualTo(250);
        assertThat(state.nodeWithout("n", Set.of("uid-p"))
                        .orElseThrow()
                        .gpus()
                        .getFirst()
                        .takenPermille())
                .isEqualTo(125);
        assertThat(taken()).isEqualTo(250);
    }

    @Test
    void nothingIsSyncedBeforeAllListsAreIn() {
        for (Listed kind : Listed.values()) {
            assertThat(state.synced()).as("before %s", kind).isFalse();
            state.allListed(kind);
        }
        assertThat(state.synced()).isTrue();
    }

    @Test
    void linksOfANodeAreReadAndMalformedOnesCostNothingButTheLinks() {
        Node node = KubernetesObjects.node("links", Boards.a10080("GPU-a", 0), Boards.a10080("GPU-b", 1));
        node.getMetadata()
                .getAnnotations()
                .put(
                        Annotations.NODE_LINKS,
                        "[{\"uuid\":\"GPU-a\",\"score\":{\"GPU-b\":300}},{\"uuid\":\"GPU-b\",\"score\":{\"GPU-a\":300}}]");
        state.nodeChanged(node);
        assertThat(state.node("links").orElseThrow().links().between("GPU-a", "GPU-b"))
                .isEqualTo(300);

        node.getMetadata().getAnnotations().put(Annotations.NODE_LINKS, "{}");
        state.nodeChanged(node);
        assertThat(state.node("links").orElseThrow().links()).isEqualTo(LinkScores.NONE);
        assertThat(state.node("links").orElseThrow().unusable()).isNull();
        assertThat(state.malformedAnnotations()).isEqualTo(1);
    }
}
