package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
            await().untilAsserted(() -> assertThat(seen.events)
                    .containsExactly("ADDED second", "MODIFIED first", "MODIFIED second", "DELETED second"));
        }
    }

    @Test
    void aPodThatGoesAtOnceIsMarkedBeforeAndHasAVersionForEither(Subject subject) {
        Pod pod = subject.create(subject.pod("gone", Map.of()));
        Seen seen = new Seen();
        try (Watch _ =
                watch(subject, options().withResourceVersion(pod.getMetadata().getResourceVersion()), seen)) {
            subject.at("gone").withGracePeriod(0).delete();

            await().untilAsserted(() -> assertThat(seen.events).containsExactly("MODIFIED gone", "DELETED gone"));
            assertThat(Stream.concat(Stream.of(pod.getMetadata().getResourceVersion()), seen.versions.stream())
                            .map(Long::valueOf))
                    .isSorted()
                    .doesNotHaveDuplicates();
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
        Pod quiet = subject.create(subject.pod("quiet", Map.of()));
        Seen seen = new Seen();
        // A bookmark comes within a minute, or some seconds before the watch ends, if any pod changed since it began.
        try (Watch _ = watch(
                subject,
                options()
                        .withAllowWatchBookmarks(true)
                        .withTimeoutSeconds(20L)
                        .withResourceVersion(quiet.getMetadata().getResourceVersion()),
                seen)) {
            Pod elsewhere = subject.create(subject.pod(subject.namespace(), Map.of())
                    .editMetadata()
                    .withNamespace("default")
                    .endMetadata());

            await().untilAsserted(() -> assertThat(seen.events).contains("BOOKMARK "));
            assertThat(seen.events).containsOnly("BOOKMARK ");
            assertThat(Long.parseLong(seen.versions.getLast()))
                    .isGreaterThanOrEqualTo(
                            Long.parseLong(elsewhere.getMetadata().getResourceVersion()));
            subject.client().resource(elsewhere).withGracePeriod(0).delete();
        }
    }

    @Test
    void aWatchWithoutAVersionBeginsWithWhatIsThere(Subject subject) throws Exception {
        subject.create(subject.pod("a", Map.of()));
        subject.create(subject.pod("b", Map.of()));

        assertThat(SentEvents.of(subject, path(subject, "watch=1&timeoutSeconds=2")))
                .extracting(SentEvents::asText)
                .containsExactlyInAnyOrder("ADDED a", "ADDED b");
    }

    @Test
    void aStreamedListEndsWithABookmark(Subject subject) throws Exception {
        subject.needs(34, "a streamed list");
        Pod pod = subject.create(subject.pod("p", Map.of()));
        String streamed = "watch=1&timeoutSeconds=2&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";

        List<JsonNode> marked = SentEvents.of(subject, path(subject, streamed + "&allowWatchBookmarks=true"));

        assertThat(marked).extracting(SentEvents::asText).startsWith("ADDED p", "BOOKMARK ");
        assertThat(marked.get(1)
                        .at("/object/metadata/annotations/k8s.io~1initial-events-end")
                        .asText())
                .isEqualTo("true");
        assertThat(marked.get(1).at("/object/metadata/resourceVersion").asLong())
                .isGreaterThanOrEqualTo(Long.parseLong(pod.getMetadata().getResourceVersion()));
        assertThat(SentEvents.of(subject, path(subject, streamed)))
                .extracting(SentEvents::asText)
                .containsExactly("ADDED p");
        assertThat(SentEvents.of(subject, path(subject, streamed.replace("true", "false"))))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=0, resourceVersionMatch is forbidden for watch",
        "resourceVersionMatch=Exact, resourceVersionMatch is forbidden unless resourceVersion is provided",
        "resourceVersionMatch=Exact&resourceVersion=0, is forbidden for resourceVersion",
        "resourceVersionMatch=Newest&resourceVersion=1, Unsupported value"
    })
    void aVersionIsMeantInOneOfTheKnownWays(String query, String why, Subject subject) {
        assertRefused(() -> subject.client().raw(path(subject, query)), 422, "Invalid", why);
    }

    @Test
    void aStreamedListNeedsTheWayItsVersionIsMeant(Subject subject) {
        subject.needs(34, "a streamed list");

        assertRefused(
                () -> subject.client().raw(path(subject, "watch=1&sendInitialEvents=true")),
                422,
                "Invalid",
                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }

    @Test
    void aListOfAVersionThatIsYetToComeIsRefusedForNow(Subject subject) {
        assertRefused(
                () -> subject.client().raw(path(subject, "resourceVersion=999999999")),
                504,
                "Timeout",
                "Too large resource version: 999999999, current: ");
    }

    private static String path(Subject subject, String query) {
        return "/api/v1/namespaces/" + subject.namespace() + "/pods?" + query;
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
