package io.migpool.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.cluster.ConsistentReads.Leader;
import io.migpool.extender.cluster.ConsistentReads.Term;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What a replica reads before its first decision, and after others may have decided. */
class LeaderCatchUpTest {

    private static final Duration SILENCE = Duration.ofSeconds(1);
    private static final Duration LAST_BINDINGS = Duration.ofSeconds(4);
    private static final Instant LONG_AGO = Instant.EPOCH.minusSeconds(3600);

    private long nanos;
    private Leader leader = elected("a_1", 1, LONG_AGO);
    private Instant wall = Instant.EPOCH;
    private Optional<String> failure = Optional.empty();
    private int lists;
    private Runnable whileListing = () -> {};
    private Runnable beforeTheLeaseIsRead = () -> {};
    private Runnable whileTheLeaseIsRead = () -> {};
    private final List<String> taken = new ArrayList<>();

    private final ConsistentReads reads = new ConsistentReads() {
        @Override
        public Leader leader() {
            beforeTheLeaseIsRead.run();
            Leader answer = leader;
            whileTheLeaseIsRead.run();
            return answer;
        }

        @Override
        public Optional<String> boundPods(Consumer<Pod> taker) {
            lists++;
            whileListing.run();
            taker.accept(KubernetesObjects.pod("bound-by-another", "gpu", "1"));
            return failure;
        }
    };

    private final LeaderCatchUp catchUp = new LeaderCatchUp(
            reads, pod -> taken.add(pod.getMetadata().getName()), SILENCE, LAST_BINDINGS, "a", () -> nanos, () -> wall);

    private static Leader elected(String holder, int transitions, Instant since) {
        return new Leader.Elected(new Term(holder, transitions, Optional.of(since)), true);
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
        wall = wall.plus(time);
    }

    @Test
    void theFirstRequestReadsEveryBoundPod() {
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(taken).containsExactly("bound-by-another");
    }

    @Test
    void requestsThatFollowCloselyReadNothing() {
        for (int i = 0; i < 10; i++) {
            assertThat(catchUp.ensure()).isEmpty();
            nanos += SILENCE.toNanos() - 1;
        }
        assertThat(lists).isEqualTo(1);
    }

    @Test
    void afterASilenceNothingIsReadIfNoOtherReplicaLed() {
        catchUp.ensure();
        nanos += SILENCE.toNanos();
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(1);
    }

    /** The clock that never goes back stands still meanwhile. */
    @Test
    void aMachineThatWasSuspendedDuringATurnOfAnotherReplicaReadsAllAgain() {
        catchUp.ensure();
        leader = elected("a_1", 3, LONG_AGO);
        wall = wall.plus(SILENCE);
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void aWallClockThatIsPutBackCausesNoRead() {
        catchUp.ensure();
        wall = wall.minusSeconds(3600);
        leader = elected("a_1", 3, LONG_AGO);
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(1);
    }

    @Test
    void afterATurnOfAnotherReplicaAllIsReadAgain() {
        catchUp.ensure();
        leader = elected("a_1", 3, LONG_AGO);
        nanos += SILENCE.toNanos();
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void nothingIsDecidedUntilTheBindingsOfALeaderThatGaveItsLeaseBackHaveEnded() {
        catchUp.ensure();
        pass(SILENCE);
        leader = elected("a_2", 2, wall);
        assertThat(catchUp.ensure()).isPresent();
        pass(LAST_BINDINGS.minusNanos(1));
        assertThat(catchUp.ensure()).isPresent();
        assertThat(lists).as("a list made now may lack a Binding").isEqualTo(1);
        pass(Duration.ofNanos(1));
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void aReplicaThatIsFrozenWhileItListsLooksAgainWhoLeadsBeforeItDecides() {
        whileListing = () -> onceFrozen(() -> nanos += SILENCE.toNanos());
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void aReplicaThatIsSuspendedWhileItListsLooksAgainWhoLeadsBeforeItDecides() {
        whileListing = () -> onceFrozen(() -> wall = wall.plus(SILENCE));
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void aReplicaThatIsFrozenWheneverItReadsReadsForTheNextRequestToo() {
        whileTheLeaseIsRead = () -> pass(SILENCE);
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(1);
        leader = elected("a_1", 3, LONG_AGO);
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    /** Another replica leads while this one does nothing. */
    private void onceFrozen(Runnable time) {
        whileListing = () -> {};
        leader = elected("a_1", 3, LONG_AGO);
        time.run();
    }

    @Test
    void aListThatTakesLongIsNotRepeatedIfNoOtherReplicaLed() {
        whileListing = () -> pass(SILENCE);
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(1);
    }

    @Test
    void aClockThatIsPutForwardDoesNotShortenTheWaitForTheLastBindings() {
        catchUp.ensure();
        pass(SILENCE);
        leader = elected("a_2", 2, wall);
        wall = wall.plus(LAST_BINDINGS);
        assertThat(catchUp.ensure()).isPresent();
        pass(LAST_BINDINGS.minusNanos(1));
        assertThat(catchUp.ensure()).isPresent();
        pass(Duration.ofNanos(1));
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void aClockThatIsPutForwardBeforeTheFirstRequestDoesNotShortenTheWaitEither() {
        leader = elected("a_1", 2, wall);
        wall = wall.plus(LAST_BINDINGS);
        assertThat(catchUp.ensure()).isPresent();
        pass(LAST_BINDINGS);
        assertThat(catchUp.ensure()).isEmpty();
    }

    @Test
    void aClockThatHasJumpedDelaysADecisionNoLonger() {
        leader = elected("a_1", 1, wall.plusSeconds(3600));
        assertThat(catchUp.ensure()).isPresent();
        pass(LAST_BINDINGS);
        assertThat(catchUp.ensure()).isEmpty();
    }

    @Test
    void whoeverWasNeverPrecededDecidesAtOnce() {
        leader = elected("a_1", 0, wall);
        assertThat(catchUp.ensure()).isEmpty();
    }

    @Test
    void withoutLeaderElectionASilenceAlwaysMeansReading() {
        leader = new Leader.NoLease();
        catchUp.ensure();
        nanos += SILENCE.toNanos();
        catchUp.ensure();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void withoutLeaderElectionAListThatTakesLongServesTheRequestsThatFollow() {
        leader = new Leader.NoLease();
        whileListing = () -> pass(SILENCE);
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(1);
    }

    @Test
    void aTurnThatBeganJustBeforeTheLeaseWasReadIsNoticedNoEarlier() {
        beforeTheLeaseIsRead = () -> {
            pass(LAST_BINDINGS);
            leader = elected("a_1", 2, wall);
            beforeTheLeaseIsRead = () -> {};
        };
        assertThat(catchUp.ensure()).isPresent();
        assertThat(catchUp.ensure()).isPresent();
        pass(LAST_BINDINGS);
        assertThat(catchUp.ensure()).isEmpty();
    }

    @Test
    void aLeaseThatTakesLongIsReadOnceForARequest() {
        catchUp.ensure();
        pass(SILENCE);
        int[] reads = {0};
        whileTheLeaseIsRead = () -> {
            reads[0]++;
            pass(SILENCE);
        };
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(reads[0]).isEqualTo(1);
    }

    @Test
    void nothingIsDecidedWhileTheLeaseCannotBeRead() {
        leader = new Leader.Unknown("too many requests");
        assertThat(catchUp.ensure()).contains("too many requests");
        leader = elected("a_1", 1, LONG_AGO);
        catchUp.ensure();
        pass(SILENCE);
        leader = new Leader.Unknown("too many requests");
        assertThat(catchUp.ensure()).contains("too many requests");
        assertThat(catchUp.ensure())
                .as("the next request does not follow a decision")
                .isPresent();
        assertThat(lists).isEqualTo(1);

        leader = elected("a_2", 2, wall);
        assertThat(catchUp.ensure()).as("the former leader may still bind").isPresent();
        pass(LAST_BINDINGS);
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void nothingIsDecidedForASchedulerThatAnotherOneHasDeposed() {
        catchUp.ensure();
        leader = elected("ab_1", 2, wall);
        pass(LAST_BINDINGS);
        assertThat(catchUp.ensure()).hasValueSatisfying(why -> assertThat(why).contains("ab_1"));
        pass(LAST_BINDINGS);
        assertThat(catchUp.ensure()).isPresent();
        assertThat(lists).isEqualTo(1);

        leader = elected("a_2", 3, wall);
        pass(LAST_BINDINGS);
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void aReleasedLeaseKeepsNoReplicaFromDeciding() {
        leader = elected("", 2, LONG_AGO);
        assertThat(catchUp.ensure()).isEmpty();
    }

    @Test
    void aLeaseThatIsNotRenewedIsLeftFromATimeWhenReplicasElected() {
        leader = new Leader.Elected(new Term("b_1", 0, Optional.empty()), false);
        assertThat(catchUp.ensure()).isEmpty();
    }

    @Test
    void aReplicaThatDoesNotKnowItsHostTrustsItsScheduler() {
        leader = elected("b_1", 2, LONG_AGO);
        LeaderCatchUp nameless =
                new LeaderCatchUp(reads, pod -> {}, SILENCE, LAST_BINDINGS, "", () -> nanos, () -> wall);
        assertThat(nameless.ensure()).isEmpty();
    }

    @Test
    void aFailedReadKeepsTheRequestFromDecidingAndIsRepeated() {
        failure = Optional.of("timed out");
        assertThat(catchUp.ensure()).contains("timed out");
        failure = Optional.empty();
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void aWatchThatLagsBehindTheListChangesNothing() {
        ClusterState state = new ClusterState(DeviceSettings.DEFAULT);
        Pod created = KubernetesObjects.pod("p", "gpu", "1");
        created.getMetadata().setResourceVersion("9");
        Pod bound = KubernetesObjects.pod("p", "gpu", "1");
        bound.getMetadata().setResourceVersion("10");
        bound.getSpec().setNodeName("node-a");

        state.podChanged(bound);
        state.podChanged(created);

        assertThat(state.pod("uid-p").map(PodEntry::boundTo)).contains("node-a");
    }
}
