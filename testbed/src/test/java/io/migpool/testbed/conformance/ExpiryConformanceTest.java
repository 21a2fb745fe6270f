package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ConfigMapList;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What clients get that ask for a state of the cluster which the store has forgotten. */
@ExtendWith(Subject.Provider.class)
class ExpiryConformanceTest {

    private static final int CACHED_HISTORY = 34;

    /** Of Events, because their watches come from the store itself and not from the cache of kube-apiserver. */
    @Test
    void aWatchThatMissesAChangeBeforeACompactionBeginsAndEndsWithTheError(Subject subject) throws Exception {
        long compacted = version(event(subject, "last"));
        compact(subject, compacted);

        List<JsonNode> sent = watched(subject, compacted - 2);

        assertThat(sent).hasSize(1);
        JsonNode only = sent.getFirst();
        assertThat(only.path("type").asText()).isEqualTo("ERROR");
        assertThat(only.at("/object/kind").asText()).isEqualTo("Status");
        assertThat(only.at("/object/status").asText()).isEqualTo("Failure");
        assertThat(only.at("/object/code").asInt()).isEqualTo(410);
        assertThat(only.at("/object/reason").asText()).isEqualTo("Expired");
        assertThat(only.at("/object/message").asText()).containsIgnoringCase("too old");
    }

    @Test
    void aWatchThatMissesNoChangeBeforeACompactionGoesOn(Subject subject) throws Exception {
        long compacted = version(event(subject, "last"));
        compact(subject, compacted);
        event(subject, "next");

        assertThat(watched(subject, compacted)).extracting(SentEvents::asText).containsExactly("ADDED next");
        assertThat(watched(subject, compacted - 1))
                .extracting(SentEvents::asText)
                .containsExactly("ADDED last", "ADDED next");
    }

    @Test
    void aListFromBeforeACompactionIsContinuedWithWhatIsThere(Subject subject) throws Exception {
        assumeTrue(
                subject.controlPlane().apiServerDouble().isPresent() || subject.release() < CACHED_HISTORY,
                "kube-apiserver 1.34 and later continue lists from a cache that cannot be made to forget");
        map(subject, "b");
        ConfigMap changing = map(subject, "c");
        ConfigMapList page = list(subject, "");
        String token = page.getMetadata().getContinue();
        subject.client().resource(changing).delete();
        map(subject, "a");
        compact(subject, Long.parseLong(map(subject, "d").getMetadata().getResourceVersion()));

        KubernetesClientException refused =
                catchThrowableOfType(KubernetesClientException.class, () -> list(subject, token));

        assertThat(names(page)).containsExactly("b");
        assertThat(refused.getCode()).isEqualTo(410);
        assertThat(refused.getStatus().getReason()).isEqualTo("Expired");
        assertThat(refused.getStatus().getMessage()).contains("The provided continue parameter is too old");
        String inconsistent = refused.getStatus().getMetadata().getContinue();
        assertThat(inconsistent).isNotEmpty().isNotEqualTo(token);
        assertThat(names(list(subject, inconsistent))).containsExactly("d");
    }

    @Test
    void aContinuationThatIsNoneIsABadRequest(Subject subject) {
        assertRefused(() -> list(subject, "nonsense"), 400, "BadRequest", "continue key is not valid");
    }

    private static long version(Event event) {
        return Long.parseLong(event.getMetadata().getResourceVersion());
    }

    private static void compact(Subject subject, long revision) throws IOException, InterruptedException {
        try {
            subject.controlPlane().compact(revision);
        } catch (IOException e) {
            abort("the store of this control plane lets nobody compact it, which the test needs: " + e.getMessage());
        }
    }

    private static List<JsonNode> watched(Subject subject, long version) throws Exception {
        return SentEvents.of(
                subject,
                "/api/v1/namespaces/%s/events?watch=1&timeoutSeconds=3&resourceVersion=%d"
                        .formatted(subject.namespace(), version));
    }

    private static ConfigMapList list(Subject subject, String token) {
        ListOptionsBuilder options = new ListOptionsBuilder().withLimit(1L).withLabelSelector("paged=yes");
        return subject.client()
                .configMaps()
                .inNamespace(subject.namespace())
                .list((token.isEmpty() ? options : options.withContinue(token)).build());
    }

    private static List<String> names(ConfigMapList list) {
        return list.getItems().stream().map(map -> map.getMetadata().getName()).toList();
    }

    private static ConfigMap map(Subject subject, String name) {
        return subject.client()
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace(subject.namespace())
                        .withName(name)
                        .addToLabels("paged", "yes")
                        .endMetadata()
                        .build())
                .create();
    }

    private static Event event(Subject subject, String name) {
        return subject.client()
                .resource(new EventBuilder()
                        .withNewMetadata()
                        .withNamespace(subject.namespace())
                        .withName(name)
                        .endMetadata()
                        .withNewInvolvedObject()
                        .withKind("Pod")
                        .withNamespace(subject.namespace())
                        .withName("any")
                        .endInvolvedObject()
                        .withReason("Seen")
                        .build())
                .create();
    }
}
