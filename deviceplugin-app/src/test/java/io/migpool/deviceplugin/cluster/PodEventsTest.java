package io.migpool.deviceplugin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the watch shows of pods that come and go. */
class PodEventsTest {

    private static final long USUAL_SECONDS = 30;

    private final List<String> told = new ArrayList<>();
    private final PodEvents events = new PodEvents(new Pods.Listener() {
        @Override
        public void changed(Pod pod) {
            told.add("changed " + pod.getMetadata().getUid());
        }

        @Override
        public void gone(String uid, Duration runsOnFor) {
            told.add("gone " + uid + " " + runsOnFor.toSeconds());
        }
    });

    @Test
    void aPodDeletedByForceInTheMidstOfALongerDeletionRunsOnForTheLonger() {
        events.onAdd(running("a"));
        events.onUpdate(running("a"), deleted("a", 600));
        events.onUpdate(deleted("a", 600), deleted("a", 0));
        events.onDelete(deleted("a", 0), false);

        assertThat(told).containsExactly("changed a", "changed a", "changed a", "gone a 610");
    }

    @Test
    void aShorterDeletionDoesNotShortenWhatThePodAsksFor() {
        events.onAdd(running("a"));
        events.onUpdate(running("a"), deleted("a", 1));
        events.onDelete(deleted("a", 1), false);

        assertThat(told).endsWith("gone a 40");
    }

    @Test
    void aPodThatHasEndedRunsOnForNoTimeHoweverItWasDeleted() {
        events.onAdd(deleted("a", 600));
        events.onUpdate(deleted("a", 600), ended(deleted("a", 600)));
        events.onDelete(ended(deleted("a", 0)), false);

        assertThat(told).containsExactly("changed a", "gone a 0", "gone a 0");
    }

    @Test
    void whatIsRememberedOfAPodGoesWithIt() {
        events.onAdd(deleted("a", 600));
        events.onUpdate(deleted("a", 600), running("b"));
        events.onDelete(running("b"), false);

        assertThat(told).containsExactly("changed a", "gone a 610", "changed b", "gone b 40");
    }

    private static Pod running(String uid) {
        return new PodBuilder()
                .withNewMetadata()
                .withUid(uid)
                .endMetadata()
                .withNewSpec()
                .withTerminationGracePeriodSeconds(USUAL_SECONDS)
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .endStatus()
                .build();
    }

    private static Pod deleted(String uid, long graceSeconds) {
        return new PodBuilder(running(uid))
                .editMetadata()
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .withDeletionGracePeriodSeconds(graceSeconds)
                .endMetadata()
                .build();
    }

    private static Pod ended(Pod pod) {
        return new PodBuilder(pod)
                .editStatus()
                .withPhase("Succeeded")
                .endStatus()
                .build();
    }
}
