package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.placement.CountedPlans;
import io.migpool.extender.placement.Planner;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How many nodes are planned to find out whether a pod waits for others' scheduling or for room. */
class FreedRoomTest {

    private static final int NODES = 20;

    private final Scheduling scheduling = new Scheduling();
    private final List<String> names = new ArrayList<>();
    private final CountedPlans policy = new CountedPlans();
    private final Filter filter = new Filter(
            new SchedulingContext(
                    scheduling.cluster,
                    scheduling.book,
                    new Planner(policy),
                    SchedulingSettings.DEFAULT,
                    SchedulingObserver.NONE,
                    scheduling.clock),
            scheduling.waiting);
    private final Pod tooMuch = scheduling.create("too-much", "gpu", "2", "gpumem", "80000");
    private final Pod waiting = scheduling.create("waiting", "gpu", "1");

    @BeforeEach
    void holdEverything() {
        for (int i = 0; i < NODES; i++) {
            String name = "n%02d".formatted(i);
            names.add(name);
            scheduling.node(name, Boards.a10080("gpu-" + i, 0));
            scheduling.fits(scheduling.create("holder-" + i, "gpu", "1"), name);
        }
    }

    /** Returns how many GPUs the decision considers; nearly all nodes here have one. */
    private int plans(Pod pod, Class<? extends FilterOutcome> expected) {
        int before = policy.gpus();
        assertThat(filter.filter(pod, names)).isInstanceOf(expected);
        return policy.gpus() - before;
    }

    @Test
    void aRefusalIsFoundAgainWithoutPlanning() {
        assertThat(plans(tooMuch, FilterOutcome.Refused.class)).isGreaterThanOrEqualTo(2 * NODES);
        assertThat(plans(tooMuch, FilterOutcome.Refused.class)).isZero();
        scheduling.pass(SchedulingSettings.DEFAULT.holdTime());
        assertThat(plans(tooMuch, FilterOutcome.Refused.class)).as("lapsed").isZero();
    }

    @Test
    void oneNodeIsEnoughToKnowThatAPodIsToRetry() {
        plans(waiting, FilterOutcome.Retry.class);
        assertThat(plans(waiting, FilterOutcome.Retry.class)).isEqualTo(1);
    }

    @Test
    void whatIsKnownOutlivesTheHoldsOfOtherNodes() {
        plans(tooMuch, FilterOutcome.Refused.class);
        scheduling.book.release("uid-holder-3");
        assertThat(plans(tooMuch, FilterOutcome.Refused.class)).isEqualTo(1);
    }

    @Test
    void aRefusalByTheQuotaIsFoundAgainWithoutPlanning() {
        scheduling.node("used", Boards.a10080("gpu-used", 0));
        Pod user = scheduling.create("user", "gpu", "1");
        scheduling.fits(user, "used");
        scheduling.bind(user, "used");
        scheduling.show(user);
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "100000"));

        assertThat(plans(waiting, FilterOutcome.Refused.class)).isGreaterThanOrEqualTo(2 * NODES);
        assertThat(plans(waiting, FilterOutcome.Refused.class)).isZero();
        scheduling.pass(SchedulingSettings.DEFAULT.holdTime());
        assertThat(plans(waiting, FilterOutcome.Refused.class)).as("lapsed").isZero();

        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "1000000"));
        assertThat(plans(waiting, FilterOutcome.Placed.class)).isPositive();
    }

    /** A new hold changes what is free now, and nothing about the node without its holds. */
    @Test
    void aNewHoldChangesNothingAboutANodeWithoutHolds() {
        scheduling.node("n00", Boards.a10080("gpu-0", 0), Boards.a10080("gpu-x", 1));
        Pod three = scheduling.create("three", "gpu", "3", "gpumem", "80000");
        plans(three, FilterOutcome.Refused.class);
        scheduling.fits(scheduling.create("second", "gpu", "1"), "n00");
        assertThat(plans(three, FilterOutcome.Refused.class))
                .as("asked once for each GPU of the node as it is")
                .isEqualTo(2);
    }
}
