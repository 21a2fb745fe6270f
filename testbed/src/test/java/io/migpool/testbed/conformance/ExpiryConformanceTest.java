package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ConfigMapList;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What clients get that ask for a state of the cluster which the store has forgotten. */
@ExtendWith(Subject.Provider.class)
class ExpiryConformanceTest {

    private static final int CACHED_HISTORY = 34;

    /** Of Events, because their watches come from the store itself and not from the cache of kube-apiserver. */
    @Test
    void aWatchFromBeforeACompactionBeginsAndEndsWithTheError(Subject subject) throws Exception {
        Event first = event(subject, "first");
        event(subject, "second");
        compact(subject);

        HttpResponse<String> response = watch(subject, first.getMetadata().getResourceVersion());

        assertThat(response.code()).isEqualTo(200);
        JsonNode only = JsonMapper.builder().build().readTree(response.body());
        assertThat(only.path("type").asText()).isEqualTo("ERROR");
        assertThat(only.at("/object/kind").asText()).isEqualTo("Status");
        assertThat(only.at("/object/status").asText()).isEqualTo("Failure");
        assertThat(only.at("/object/code").asInt()).isEqualTo(410);
        assertThat(only.at("/object/reason").asText()).isEqualTo("Expired");
        assertThat(only.at("/object/message").asText()).containsIgnoringCase("too old");
    }

    @Test
    void aWatchFromTheVersionOfTheCompactionGoesOn(Subject subject) throws Exception {
        Event last = event(subject, "last");
        compact(subject);
        event(subject, "next");

        HttpResponse<String> response = watch(subject, last.getMetadata().getResourceVersion());

        JsonNode only = JsonMapper.builder().build().readTree(response.body());
        assertThat(only.path("type").asText()).isEqualTo("ADDED");
        assertThat(only.at("/object/metadata/name").asText()).isEqualTo("next");
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
        map(subject, "d");
        compact(subject);

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

    private static void compact(Subject subject) throws IOException, InterruptedException {
        try {
            subject.controlPlane().compact();
        } catch (IOException e) {
            abort("the store of this control plane lets nobody compact it, which the test needs: " + e.getMessage());
        }
    }

    /** Returns all that is sent within a few seconds. */
    private static HttpResponse<String> watch(Subject subject, String version) throws Exception {
        var http = subject.client().getHttpClient();
        URI uri = subject.client()
                .getMasterUrl()
                .toURI()
                .resolve("/api/v1/namespaces/%s/events?watch=1&timeoutSeconds=3&resourceVersion=%s"
                        .formatted(subject.namespace(), version));
        return http.sendAsync(http.newHttpRequestBuilder().uri(uri).build(), String.class)
                .get(1, TimeUnit.MINUTES);
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
