package io.migpool.testbed.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What watchers see, in which order and under which versions. */
@ExtendWith(Subject.Provider.class)
class WatchConformanceTest {

    @Test
    void aWatchBeginsWhereAListEnded(Subject subject) {
        subject.create(subject.pod("before", Map.of()));
        try (var informer =
                subject.client().pods().inNamespace(subject.namespace()).inform()) {
            subject.create(subject.pod("after", Map.of()));

            await().untilAsserted(() -> assertThat(informer.getStore().list())
                    .extracting(pod -> pod.getMetadata().getName())
                    .containsExactlyInAnyOrder("before", "after"));
        }
    }

    @Test
    void whoResumesSeesEveryChangeAfterThatVersionOnceAndInItsOrder(Subject subject) {
        Pod first = subject.create(subject.pod("first", Map.of()));
        subject.create(subject.pod("second", Map.of()));
        label(subject, "first", "yes");
        subject.at("second").withGracePeriod(0).delete();

        Seen seen = new Seen();
        try (Watch _ =
                watch(subject, options().withResourceVersion(first.getMetadata().getResourceVersion()), seen)) {
            await().untilAsserted(() ->
                    assertThat(seen.events).containsExactly("ADDED second", "MODIFIED first", "DELETED second"));
        }
    }

    @Test
    void aDeletionHasAVersionOfItsOwn(Subject subject) {
        Pod pod = subject.create(subject.pod("gone", Map.of()));
        Seen seen = new Seen();
        try (Watch _ =
                watch(subject, options().withResourceVersion(pod.getMetadata().getResourceVersion()), seen)) {
            subject.at("gone").withGracePeriod(0).delete();

            await().untilAsserted(() -> assertThat(seen.events).containsExactly("DELETED gone"));
            assertThat(Long.parseLong(seen.versions.getLast()))
                    .isGreaterThan(Long.parseLong(pod.getMetadata().getResourceVersion()));
        }
    }

    @Test
    void whoEntersOrLeavesASelectionIsAddedOrDeletedForItsWatcher(Subject subject) {
        Pod pod = subject.create(subject.pod("moving", Map.of()));
        Seen seen = new Seen();
        try (Watch _ = watch(
                subject,
                options()
                        .withLabelSelector("on=yes")
                        .withResourceVersion(pod.getMetadata().getResourceVersion()),
                seen)) {
            label(subject, "moving", "yes");
            label(subject, "moving", "no");

            await().untilAsserted(() -> assertThat(seen.events).containsExactly("ADDED moving", "DELETED moving"));
        }
    }

    @Test
    void aBookmarkCarriesAQuietWatcherForward(Subject subject) {
        Pod pod = subject.create(subject.pod("quiet", Map.of()));
        Seen seen = new Seen();
        // A bookmark comes within a minute, or some seconds before the watch ends.
        try (Watch _ = watch(
                subject,
                options()
                        .withAllowWatchBookmarks(true)
                        .withTimeoutSeconds(20L)
                        .withResourceVersion(pod.getMetadata().getResourceVersion()),
                seen)) {
            subject.client()
                    .resource(new ConfigMapBuilder()
                            .withNewMetadata()
                            .withNamespace(subject.namespace())
                            .withName("of-no-interest")
                            .endMetadata()
                            .build())
                    .create();

            await().untilAsserted(() -> assertThat(seen.events).containsOnly("BOOKMARK "));
            assertThat(Long.parseLong(seen.versions.getLast()))
                    .isGreaterThanOrEqualTo(Long.parseLong(pod.getMetadata().getResourceVersion()));
        }
    }

    private static ListOptionsBuilder options() {
        return new ListOptionsBuilder();
    }

    private static Watch watch(Subject subject, ListOptionsBuilder options, Seen seen) {
        ListOptions built = options.build();
        return subject.client().pods().inNamespace(subject.namespace()).watch(built, seen);
    }

    private static void label(Subject subject, String pod, String on) {
        subject.at(pod).edit(old -> {
            old.getMetadata().setLabels(Map.of("on", on));
            return old;
        });
    }

    /** Events as {@code TYPE name}, and the version of each. */
    private static final class Seen implements Watcher<Pod> {

        private final List<String> events = new CopyOnWriteArrayList<>();
        private final List<String> versions = new CopyOnWriteArrayList<>();

        @Override
        public void eventReceived(Action action, Pod pod) {
            String name = pod.getMetadata().getName();
            versions.add(pod.getMetadata().getResourceVersion());
            events.add(action + " " + (name == null ? "" : name));
        }

        @Override
        public void onClose(@Nullable WatcherException cause) {
            // What came until then is what the tests look at.
        }
    }
}
