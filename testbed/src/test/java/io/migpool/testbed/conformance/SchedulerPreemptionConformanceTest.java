package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.SchedulerRig.SLICE;
import static io.migpool.testbed.conformance.SchedulerRig.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How the scheduler makes room for pods that matter more. Every test has nodes and a scheduler of its own. */
@ExtendWith(Subject.Provider.class)
class SchedulerPreemptionConformanceTest {

    private SchedulerRig rig;

    @BeforeEach
    void start(Subject subject) throws Exception {
        rig = new SchedulerRig(subject);
    }

    @AfterEach
    void stop() {
        if (rig != null) {
            rig.close();
        }
    }

    @Test
    void aPodOfHigherPriorityMakesOneLeaveAfterTheExtenderWasAskedWhom() {
        String node = rig.node("a", 1);
        rig.submit("low", SLICE);
        rig.awaitBound("low");
        String victim = rig.subject.at("low").require().getMetadata().getUid();

        rig.submitImportant("high", SLICE);

        await("the extender is asked").atMost(SOON).until(() -> !rig.extender.preempts.isEmpty());
        assertThat(rig.extender
                        .preempts
                        .getFirst()
                        .path("NodeNameToMetaVictims")
                        .path(node)
                        .at("/Pods/0/UID")
                        .asText())
                .isEqualTo(victim);
        await("the victim is asked to leave").atMost(SOON).until(() -> isLeaving("low"));
        rig.subject.at("low").withGracePeriod(0).delete();
        assertThat(rig.awaitBound("high")).isEqualTo(node);
    }

    private boolean isLeaving(String pod) {
        return Optional.ofNullable(rig.subject.at(pod).get())
                .map(left -> left.getMetadata().getDeletionTimestamp())
                .isPresent();
    }
}
