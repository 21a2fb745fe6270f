package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.placement.FirstFit;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.pool.ReasonCode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The decisions of filter, prioritize and preempt, and the holds they leave. */
class FilterTest {

    private final Scheduling scheduling =
            new Scheduling().node("n1", Boards.a10080("a", 0)).node("n2", Boards.a10080("b", 0));

    private static final Class<?> RETRY = FilterOutcome.Retry.class;

    private Pod whole(String name) {
        return scheduling.create(name, "gpu", "1");
    }

    @Test
    void podsWithoutGpuPassThrough() {
        assertThat(scheduling.filter(KubernetesObjects.pod("p"), "n1")).isEqualTo(new FilterOutcome.PassThrough());
        assertThat(scheduling.book.all()).isEmpty();
    }

    @Test
    void allFittingNodesAreReturnedAndTheBestIsHeld() {
        Pod pod = whole("p");
        assertThat(scheduling.fits(pod, "n2", "n1")).containsExactly("n1", "n2");
        assertThat(scheduling.state(pod)).contains(Hold.State.HELD);
        assertThat(scheduling.prioritizer.prioritize("uid-p", List.of("n2", "n1", "n3")))
                .extracting("score")
                .containsExactly(5L, 10L, 0L);
    }

    @Test
    void twoPodsNeverHoldTheSameRoom() {
        assertThat(scheduling.fits(whole("p"), "n1", "n2")).containsExactly("n1", "n2");
        assertThat(scheduling.fits(whole("q"), "n1", "n2")).containsExactly("n2");
    }

    @Test
    void aPodThatWaitsForHoldsIsToRetryAndOneThatWaitsForRoomIsRefused() {
        Pod first = whole("p");
        scheduling.fits(first, "n1");
        assertThat(scheduling.filter(whole("q"), "n1"))
                .isEqualTo(new FilterOutcome.Retry("room for the pod is held by pods that are being scheduled"));
        scheduling.bind(first, "n1");
        assertThat(scheduling.filter(whole("q"), "n1", "n3"))
                .isEqualTo(new FilterOutcome.Refused(
                        Map.of(
                                "n1", "no free MIG slice for a whole GPU (7g.80gb)",
                                "n3", "node is not known to the GPU pool"),
                        ReasonCode.NO_SLICE));
        assertThat(scheduling.told)
                .contains("q refused: 0/2 nodes take the pod: 1 no free MIG slice for a whole GPU (7g.80gb), "
                        + "1 node is not known to the GPU pool; wait until pods end, ask for less, or add GPUs");
    }

    @Test
    void aPodWhoseDevicesFitOnlyOneByOneHasToWait() {
        scheduling.node("n8", Boards.shared("GPU-0", 0, 10, 8192), Boards.shared("GPU-1", 1, 10, 8192));
        Pod user = scheduling.create("user", "gpu", "1", "gpumem", "1000");
        scheduling.fits(user, "n8");
        scheduling.bind(user, "n8");
        scheduling.show(user);

        scheduling.filter(scheduling.create("both", "gpu", "2"), "n8");

        assertThat(scheduling.told)
                .contains("both refused: 0/1 nodes take the pod: 1 the 2 devices of the pod do not fit on the node"
                        + " together; wait until pods end, ask for fewer devices, or use several pods");
    }

    @Test
    void aNodeWithASuitableGpuOutOfUseIsCloserThanOneWhoseGpusAreTooSmall() {
        scheduling.node("small", Boards.shared("s0", 0, 10, 24_576), Boards.shared("s1", 1, 10, 24_576));
        scheduling.cluster.nodeChanged(KubernetesObjects.annotated(
                KubernetesObjects.node("large", Boards.shared("l0", 0, 10, 81_920), Boards.shared("l1", 1, 10, 81_920)),
                Annotations.DEVICE_CORDON,
                "l1"));

        scheduling.filter(scheduling.create("two", "gpu", "2", "gpumem", "64000"), "small", "large");

        assertThat(scheduling.told)
                .contains(
                        "two refused: 0/2 nodes take the pod: 1 GPU is cordoned, 1 asks for 64000 MiB, but "
                                + "the largest GPU has 24576 MiB; put GPUs that are cordoned or unhealthy back into use, or ask for fewer devices");
    }

    @Test
    void aModeThatIsNotServedIsNotBlamedOnThePod() {
        assertThat(RefusalTexts.summary(Map.of("n1", "GPU mode is mps, which is not served here"), ReasonCode.MODE))
                .endsWith("; change the mode of GPUs, or the pod's annotation nvidia.com/vgpu-mode if it has one");
    }

    @Test
    void ofManyReasonsTheRarestAreLeftOutAndNotTheRemedy() {
        Map<String, String> refused = new TreeMap<>();
        IntStream.range(0, 20).forEach(node -> refused.put("n" + node, "trouble " + node % 10));
        assertThat(RefusalTexts.summary(refused, ReasonCode.QUOTA))
                .startsWith("0/20 nodes take the pod: 2 trouble 0, 2 trouble 1, ")
                .endsWith("2 trouble 7, 4 for other reasons; wait until pods of the namespace end, or raise its quota");
    }

    @Test
    void theNodeForWhichWasPreemptedIsNoNewsOfItsOwn() {
        Pod first = whole("p");
        scheduling.fits(first, "n1");
        scheduling.bind(first, "n1");
        Pod nominated = whole("q")
                .edit()
                .withNewStatus()
                .withNominatedNodeName("n1")
                .endStatus()
                .build();

        assertThat(scheduling.filter(nominated, "n1")).isInstanceOf(FilterOutcome.Refused.class);
        assertThat(scheduling.told).noneMatch(told -> told.startsWith("q refused"));

        scheduling.filter(nominated, "n1", "n3");
        assertThat(scheduling.told).anyMatch(told -> told.startsWith("q refused: 0/2 nodes"));
    }

    @Test
    void theNextFilterOfAPodEndsItsHold() {
        Pod pod = whole("p");
        scheduling.fits(pod, "n1");
        assertThat(scheduling.fits(pod, "n1")).containsExactly("n1");
        assertThat(scheduling.fits(pod, "n2")).containsExactly("n2");
        assertThat(scheduling.book.all()).hasSize(1);
    }

    @Test
    void theEndOfAPodEndsItsHold() {
        Pod pod = whole("p");
        scheduling.fits(pod, "n1");
        scheduling.delete(pod);
        assertThat(scheduling.book.all()).isEmpty();
    }

    @Test
    void afterAMinuteAnotherPodMayTakeTheRoomButOnlyIfItNeedsIt() {
        Pod sleeper = whole("p");
        scheduling.fits(sleeper, "n1", "n2");
        scheduling.pass(Duration.ofSeconds(60));
        assertThat(scheduling.fits(whole("q"), "n1", "n2")).as("n2 is free").containsExactly("n2");
        assertThat(scheduling.state(sleeper)).contains(Hold.State.HELD);
        assertThat(scheduling.fits(whole("r"), "n1", "n2")).containsExactly("n1");
        assertThat(scheduling.state(sleeper)).isEmpty();
    }

    /** A pod that fails later on, time and again, keeps nobody out for longer than the hold time. */
    @Test
    void aPromiseDoesNotGetYoungerByBeingRepeated() {
        Pod stuck = whole("p");
        Pod other = whole("q");
        for (int filter = 0; filter < 3; filter++) {
            assertThat(scheduling.fits(stuck, "n1")).containsExactly("n1");
            assertThat(scheduling.filter(other, "n1")).isInstanceOf(filter < 2 ? RETRY : FilterOutcome.Placed.class);
            scheduling.pass(Duration.ofSeconds(30));
        }
        assertThat(scheduling.filter(stuck, "n1")).as("the other's turn").isInstanceOf(RETRY);

        scheduling.pass(Duration.ofSeconds(30));
        assertThat(scheduling.fits(stuck, "n1"))
                .as("the other's promise has lapsed")
                .containsExactly("n1");
        assertThat(scheduling.filter(other, "n1")).as("the new one has not").isInstanceOf(RETRY);
    }

    @Test
    void aLapsedHoldThatNoPodNeededIsStillValid() {
        Pod pod = whole("p");
        scheduling.fits(pod, "n1");
        scheduling.pass(Duration.ofMinutes(10));
        assertThat(scheduling.bind(pod, "n1")).isEmpty();
    }

    @Test
    void aPodOnItsWayIsNotPlacedAgain() {
        Pod pod = whole("p");
        scheduling.fits(pod, "n1");
        scheduling.bind(pod, "n1");
        assertThat(scheduling.filter(pod, "n1", "n2"))
                .isEqualTo(new FilterOutcome.Retry("pod has just been bound to n1"));
        scheduling.show(pod);
        assertThat(scheduling.state(pod)).isEmpty();
        assertThat(scheduling.filter(pod, "n1", "n2")).isEqualTo(new FilterOutcome.Retry("pod is already bound to n1"));
    }

    @Test
    void badRequestsAreRefusedOnEveryNodeWithTheRemedy() {
        assertThat(scheduling.filter(scheduling.create("p", "gpumem", "8000"), "n1"))
                .asString()
                .contains("not for a number of GPUs");
        assertThat(scheduling.filter(scheduling.create("q", "gpu", "0"), "n1"))
                .asString()
                .contains("container main: nvidia.com/gpu is 0; ask for 1 or more");
    }

    @Test
    void nothingIsDecidedBeforeTheClusterIsRead() {
        ClusterState unread = new ClusterState(DeviceSettings.DEFAULT);
        Filter filter = new Filter(
                new SchedulingContext(
                        unread,
                        new HoldBook(unread),
                        new Planner(new FirstFit()),
                        SchedulingSettings.DEFAULT,
                        SchedulingObserver.NONE,
                        scheduling.clock),
                new WaitingPods());
        assertThat(filter.filter(KubernetesObjects.pod("p", "gpu", "1"), List.of("n1")))
                .isEqualTo(new FilterOutcome.Retry("the extender has not read the whole cluster yet"));
    }

    @Test
    void aSimulationUsesRealUsageForKnownNodesAndTheGivenAnnotationForOthersAndHoldsNothing() {
        Pod placed = whole("p");
        scheduling.fits(placed, "n1");
        scheduling.bind(placed, "n1");
        scheduling.show(placed);
        FilterOutcome outcome = scheduling.filter.simulate(
                KubernetesObjects.pod("q", "gpu", "1"),
                List.of(
                        KubernetesObjects.node("n1", Boards.a10080("a", 0)),
                        KubernetesObjects.node("template", Boards.a10080("t", 0))));
        assertThat(((FilterOutcome.Placed) outcome).nodes()).containsExactly("template");
        assertThat(scheduling.book.all()).isEmpty();
    }

    @Test
    void aLapsedPromiseIsInNoSimulationsWay() {
        Pod promised = whole("p");
        scheduling.fits(promised, "n1");
        Pod simulated = KubernetesObjects.pod("q", "gpu", "1");
        List<Node> nodes = List.of(KubernetesObjects.node("n1", Boards.a10080("a", 0)));
        assertThat(scheduling.filter.simulate(simulated, nodes)).isInstanceOf(FilterOutcome.Refused.class);

        scheduling.pass(SchedulingSettings.DEFAULT.holdTime());
        assertThat(scheduling.filter.simulate(simulated, nodes)).isInstanceOf(FilterOutcome.Placed.class);
        assertThat(scheduling.state(promised)).contains(Hold.State.HELD);
    }

    @Test
    void onlyNodesWhereThePodWouldFitAreWorthEvicting() {
        Pod placed = whole("p");
        scheduling.fits(placed, "n1");
        scheduling.bind(placed, "n1");
        scheduling.show(placed);
        Pod large = KubernetesObjects.pod("q", "gpu", "1", "gpumem", "40000");
        assertThat(scheduling.preemption.nodesThatHelp(large, Map.of("n1", Set.of("uid-p"), "n3", Set.of("uid-x"))))
                .containsExactly("n1");
        assertThat(scheduling.preemption.nodesThatHelp(large, Map.of("n1", Set.of("uid-other"))))
                .isEmpty();
    }

    @Test
    void nobodyIsEvictedForAPodThatFilterWouldRefuse() {
        Scheduling scheduling = new Scheduling().node("n1", Boards.a10080("a", 0));
        Pod uncounted = scheduling.create("uncounted", "gpumem", "8000");
        assertThat(scheduling.filter(uncounted, "n1")).isInstanceOf(FilterOutcome.Refused.class);
        assertThat(scheduling.preemption.nodesThatHelp(uncounted, Map.of("n1", Set.of("uid-x"))))
                .isEmpty();
    }

    /** The scheduler sees the end of a pod before the extender does, and asks about victims elsewhere a moment later. */
    @Test
    void nobodyIsEvictedForAPodThatFitsByNowWhereItWasRefusedInThisAttempt() {
        Pod leaving = bound(whole("leaving"), "n1");
        Pod victim = bound(whole("victim"), "n2");
        Pod urgent = whole("urgent");
        Map<String, Set<String>> victims =
                Map.of("n2", Set.of(victim.getMetadata().getUid()));
        assertThat(scheduling.filter(urgent, "n1")).isInstanceOf(FilterOutcome.Refused.class);
        assertThat(scheduling.preemption.nodesThatHelp(urgent, victims)).containsExactly("n2");

        scheduling.delete(leaving);
        assertThat(scheduling.preemption.nodesThatHelp(urgent, victims)).isEmpty();
        assertThat(scheduling.book.all()).isEmpty();

        scheduling.pass(Duration.ofSeconds(3));
        assertThat(scheduling.preemption.nodesThatHelp(urgent, victims))
                .as("in a later attempt, in which the scheduler itself has ruled out n1")
                .containsExactly("n2");
    }

    private Pod bound(Pod pod, String node) {
        scheduling.fits(pod, node);
        scheduling.bind(pod, node);
        scheduling.show(pod);
        return pod;
    }
}
