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

        @Override
        public void listed() {}
    });

    @Test
    void aPodDeletedByForceInTheMidstOfALongerDeletionRunsOnForTheLonger() {
        events.changed(running("a"));
        events.changed(deleted("a", 600));
        events.changed(deleted("a", 0));
        events.gone(deleted("a", 0));

        assertThat(told).containsExactly("changed a", "changed a", "changed a", "gone a 610");
    }

    @Test
    void aShorterDeletionDoesNotShortenWhatThePodAsksFor() {
        events.changed(running("a"));
        events.changed(deleted("a", 1));
        events.gone(deleted("a", 1));

        assertThat(told).endsWith("gone a 40");
    }

    @Test
    void aPodThatHasEndedRunsOnForNoTimeHoweverItWasDeleted() {
        events.changed(deleted("a", 600));
        events.changed(ended(deleted("a", 600)));
        events.gone(ended(deleted("a", 0)));

        assertThat(told).containsExactly("changed a", "gone a 0", "gone a 0");
    }

    @Test
    void whatIsRememberedOfAPodGoesWithIt() {
        events.changed(deleted("a", 600));
        events.gone(deleted("a", 600));
        events.changed(running("b"));
        events.gone(running("b"));

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
