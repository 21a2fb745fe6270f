package io.migpool.extender.reservation;

import static io.migpool.extender.reservation.BindingServer.Answer.BIND;
import static io.migpool.extender.reservation.BindingServer.Answer.BIND_SILENTLY;
import static io.migpool.extender.reservation.BindingServer.Answer.FORBID;
import static io.migpool.extender.reservation.BindingServer.Answer.LOSE;
import static io.migpool.extender.reservation.BindingServer.Answer.UNREACHABLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.config.DeviceSettings;
import io.migpool.config.ModelProfiles;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.PodKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One Binding and its outcome. */
class BinderTest {

    private final Scheduling scheduling =
            new Scheduling().node("n1", Boards.a10080("a", 0)).node("n2", Boards.a10080("b", 0));
    private final Pod pod = scheduling.create("p", "gpu", "1", "gpumem", "30000");

    private Map<String, String> annotations() {
        return Objects.requireNonNull(scheduling.server.get("default/p"))
                .getMetadata()
                .getAnnotations();
    }

    @Test
    void theHoldIsWrittenWithTheBinding() throws Exception {
        scheduling.fits(pod, "n1");
        assertThat(scheduling.bind(pod, "n1")).isEmpty();
        assertThat(scheduling.state(pod)).contains(Hold.State.COMMITTED);
        Reservation reservation = Reservation.fromAnnotations(annotations()).orElseThrow();
        assertThat(reservation.node()).isEqualTo("n1");
        assertThat(reservation.migAllocations().getFirst().placement()).hasToString("4:4");
        assertThat(scheduling.told).containsExactly("p bound: 3g.40gb at 4:4 on a");
        scheduling.show(pod);
        assertThat(scheduling.state(pod)).isEmpty();
    }

    @Test
    void anotherNodeThanTheHeldOneIsPlannedAgain() {
        scheduling.fits(pod, "n1", "n2");
        assertThat(scheduling.bind(pod, "n2")).isEmpty();
        assertThat(annotations()).containsEntry(Annotations.VGPU_NODE, "n2");
        assertThat(scheduling.book.on("n1")).isEmpty();
    }

    @Test
    void aHoldThatTheNodeHasOverrunIsPlannedAgain() {
        scheduling.fits(pod, "n1");
        scheduling.node("n1", Boards.blocked(Boards.a10080("a", 0), new Placement(6, 1)));
        assertThat(scheduling.bind(pod, "n1")).isEmpty();
        assertThat(scheduling.told).containsExactly("p bound: 3g.40gb at 0:4 on a");
    }

    @Test
    void aHoldOfAProfileThatIsNoLongerAllowedIsPlannedAgain() {
        scheduling.fits(pod, "n1");
        scheduling.cluster.settingsChanged(DeviceSettings.DEFAULT.withMigProfileAllowlist(
                List.of(new ModelProfiles(List.of("A100-SXM4-80GB"), List.of(MigProfile.parse("4g.40gb"))))));
        assertThat(scheduling.bind(pod, "n1")).isEmpty();
        assertThat(scheduling.told).containsExactly("p bound: 4g.40gb at 0:4 on a");
    }

    @Test
    void aPodThatNoLongerFitsIsNotBound() {
        scheduling.fits(pod, "n1");
        scheduling.node("n1", Boards.unhealthy(Boards.a10080("a", 0)));
        assertThat(scheduling.bind(pod, "n1")).contains("the pod no longer fits n1: GPU is unhealthy");
        assertThat(pod.getSpec().getNodeName()).isNull();
    }

    @Test
    void aBindWithoutFilterIsPlannedFromTheCluster() {
        assertThat(scheduling.bind(pod, "n1")).isEmpty();
        assertThat(annotations()).containsKey(Annotations.MIG_ALLOCATIONS);
    }

    @Test
    void aShareReplacesTheInstancesThatAnEarlierSchedulerReserved() {
        scheduling.node("n3", Boards.shared("s", 0, 10, 81_920));
        Pod left =
                scheduling.create(KubernetesObjects.withEarlierReservation(KubernetesObjects.pod("left", "gpu", "1")));
        scheduling.fits(left, "n3");
        assertThat(scheduling.bind(left, "n3")).isEmpty();
        scheduling.show(left);
        assertThat(scheduling.cluster.malformedAnnotations()).isZero();
        assertThat(scheduling.cluster.node("n3").orElseThrow().gpus().getFirst().takenPermille())
                .isEqualTo(1000);
        assertThat(scheduling.filter(scheduling.create("second", "gpu", "1", "gpumem", "1000"), "n3"))
                .isInstanceOf(FilterOutcome.Refused.class);
    }

    @Test
    void aGpuPodUnknownToTheClusterIsReadRatherThanBoundWithoutReservation() {
        Pod unseen = KubernetesObjects.pod("unseen", "gpu", "1");
        scheduling.server.put("default/unseen", unseen);
        assertThat(scheduling.bind(unseen, "n1")).isEmpty();
        assertThat(scheduling.told).containsExactly("unseen bound: 7g.80gb at 0:8 on a");
    }

    @Test
    void nothingIsDecidedBeforeTheNamesOfResourcesAreKnown() throws Exception {
        BindingServer api = new BindingServer();
        Scheduling early = new Scheduling(api, new ClusterState());
        Pod renamed = api.put(new PodBuilder(KubernetesObjects.pod("p"))
                .editSpec()
                .editFirstContainer()
                .editResources()
                .addToLimits("nvidia.com/gpualloc", new Quantity("1"))
                .endResources()
                .endContainer()
                .endSpec()
                .build());
        assertThat(early.filter(renamed, "n1"))
                .isEqualTo(new FilterOutcome.Retry("the extender has not read its settings yet"));
        assertThat(early.bind(renamed, "n1")).contains("the extender has not read its settings yet");
        assertThat(early.preemption.nodesThatHelp(renamed, Map.of("n1", Set.of("uid-x"))))
                .isEmpty();
        assertThat(early.cluster.synced()).isFalse();
        assertThat(api.pods).containsEntry("default/p", renamed);

        early.cluster.settingsChanged(DeviceSettings.parse("nvidia: {resourceCountName: nvidia.com/gpualloc}"));
        early.node("n1", Boards.a10080("a", 0));
        assertThat(early.cluster.synced()).isTrue();
        assertThat(early.cluster.resources().count()).isEqualTo("nvidia.com/gpualloc");
        assertThat(early.cluster.requestOf(renamed)).isInstanceOf(RequestOutcome.Accepted.class);
    }

    @Test
    void aPodWithoutGpuIsSimplyBound() {
        Pod plain = KubernetesObjects.pod("plain");
        scheduling.server.put("default/plain", plain);
        assertThat(scheduling.bind(plain, "n1")).isEmpty();
        assertThat(scheduling.book.all()).isEmpty();
    }

    @Test
    void aFailureThatPassesIsRetried() {
        scheduling.fits(pod, "n1");
        scheduling.answers.addAll(List.of(UNREACHABLE, LOSE, BIND));
        assertThat(scheduling.bind(pod, "n1")).isEmpty();
    }

    @Test
    void aLostAnswerIsRecognisedByOurAnnotations() {
        scheduling.fits(pod, "n1");
        scheduling.answers.addAll(List.of(BIND_SILENTLY, BIND));
        assertThat(scheduling.bind(pod, "n1")).isEmpty();
        assertThat(scheduling.state(pod)).contains(Hold.State.COMMITTED);
    }

    @Test
    void aRepeatedBindIsStillOursWhenTheNodeAgentHasAddedItsIdentity() throws Exception {
        scheduling.fits(pod, "n1");
        scheduling.bind(pod, "n1");
        Pod bound = Objects.requireNonNull(scheduling.server.get("default/p"));
        Reservation reservation = Reservation.fromAnnotations(
                        bound.getMetadata().getAnnotations())
                .orElseThrow();
        List<MigAllocation> realised =
                List.of(reservation.migAllocations().getFirst().realised(new MigRuntime("MIG-1", 1, 0)));
        Map<String, String> after =
                new Reservation("n1", reservation.reservedAt(), reservation.devices(), realised).toAnnotations();
        BindingPort.Reading.Found found = new BindingPort.Reading.Found(new PodBuilder(bound)
                .editMetadata()
                .addToAnnotations(after)
                .endMetadata()
                .build());
        assertThat(BindingAttempts.isOurs(PodKey.of(pod.getMetadata()), "n1", reservation.toAnnotations(), found))
                .isTrue();
        assertThat(BindingAttempts.isOurs(PodKey.of(pod.getMetadata()), "n2", reservation.toAnnotations(), found))
                .isFalse();
        assertThat(scheduling.bind(pod, "n1")).isEmpty();
    }

    @Test
    void aDefiniteRefusalReleasesTheHold() {
        scheduling.fits(pod, "n1");
        scheduling.answers.add(FORBID);
        assertThat(scheduling.bind(pod, "n1")).contains("forbidden");
        assertThat(scheduling.state(pod)).isEmpty();
    }

    @Test
    void aServerThatCannotBeReachedForTwoSecondsReleasesTheHold() {
        scheduling.fits(pod, "n1");
        scheduling.answers.addAll(Collections.nCopies(100, UNREACHABLE));
        assertThat(scheduling.bind(pod, "n1")).contains("the API server accepts no requests: connection refused");
        assertThat(scheduling.answers.size()).as("repeated for two seconds").isEqualTo(95);
        assertThat(scheduling.state(pod)).isEmpty();
    }

    @Test
    void noBindingBeginsAfterTheDeadlineOfWhenItWasAskedFor() {
        scheduling.fits(pod, "n1");
        Instant end = scheduling.binder.deadline();
        scheduling.pass(SchedulingSettings.DEFAULT.bindRetry().plusMillis(1));
        assertThat(scheduling.binder.bind(PodKey.of(pod.getMetadata()), "n1", end))
                .hasValueSatisfying(why -> assertThat(why).startsWith("it took too long"));
        assertThat(scheduling.state(pod)).isEmpty();
        assertThat(scheduling.server.get("default/p")).isEqualTo(pod);

        Pod plain = scheduling.api.put(KubernetesObjects.pod("plain"));
        assertThat(scheduling.binder.bind(PodKey.of(plain.getMetadata()), "n1", end))
                .isPresent();
        assertThat(scheduling.server.get("default/plain")).isEqualTo(plain);
    }

    @Test
    void noBindingBeginsAfterAPauseThatTookTooLong() {
        scheduling.answers.add(UNREACHABLE);
        BindingAttempts attempts =
                new BindingAttempts(scheduling.api, scheduling.clock, pause -> scheduling.pass(Duration.ofMinutes(1)));

        BindingAttempts.Result result = attempts.bind(new BindingAttempts.Request(
                PodKey.of(pod.getMetadata()),
                "n1",
                Map.of(),
                scheduling.binder.deadline(),
                BindingAttempts.Earlier.NONE));

        assertThat(result)
                .isEqualTo(
                        new BindingAttempts.Result.NotBound("the API server accepts no requests: connection refused"));
        assertThat(scheduling.server.get("default/p")).isEqualTo(pod);
    }

    @Test
    void aPodRecreatedUnderTheSameNameIsNotBound() {
        scheduling.fits(pod, "n1");
        scheduling.server.put(
                "default/p",
                new PodBuilder(pod)
                        .editMetadata()
                        .withUid("other")
                        .endMetadata()
                        .build());
        assertThat(scheduling.bind(pod, "n1")).contains("the pod was deleted and recreated");
        assertThat(scheduling.state(pod)).isEmpty();
    }

    @Test
    void aRefusalAfterAnUnclearAttemptDoesNotSpeakForThatAttempt() {
        scheduling.fits(pod, "n1");
        scheduling.answers.addAll(List.of(BIND_SILENTLY, FORBID));
        assertThat(scheduling.bind(pod, "n1")).isEmpty();

        Pod other = scheduling.create("q", "gpu", "1", "gpumem", "8000");
        scheduling.fits(other, "n1");
        scheduling.answers.addAll(List.of(LOSE, FORBID));
        assertThat(scheduling.bind(other, "n1")).isPresent();
        assertThat(scheduling.state(other)).contains(Hold.State.BINDING);
    }

    @Test
    void theOutcomeOfOneAttemptDoesNotEndTheHoldOfAnother() {
        scheduling.fits(pod, "n1");
        scheduling.api.beforeBinding = () -> {
            scheduling.api.beforeBinding = () -> {};
            scheduling.answers.addAll(Collections.nCopies(8, LOSE));
            assertThat(scheduling.bind(pod, "n1")).isPresent();
            scheduling.answers.clear();
            scheduling.answers.add(FORBID);
        };

        assertThat(scheduling.bind(pod, "n1")).contains("forbidden");

        assertThat(scheduling.state(pod)).contains(Hold.State.BINDING);
    }
}
