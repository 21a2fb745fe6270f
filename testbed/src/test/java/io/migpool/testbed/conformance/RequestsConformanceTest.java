package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that the API server refuses before it looks at what the object says. */
@ExtendWith(Subject.Provider.class)
class RequestsConformanceTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "labels": {"a": "b"} | "labels": {"a": 5}
            "labels": {"a": "b"} | "labels": ["a"]
            "annotations": {"a": "b"} | "annotations": {"a": true}
            "priority": 0 | "priority": "0"
            "priority": 0 | "priority": 3000000000
            "priority": 0 | "priority": 0.5
            "enableServiceLinks": false | "enableServiceLinks": "no"
            "containers": [ | "containers": {}, "initContainers": [
            "nodeSelector": {} | "nodeSelector": []
            """)
    void aFieldOfAnotherTypeCannotBeRead(String right, String wrong, Subject subject) {
        String pod = """
                {"kind": "Pod", "apiVersion": "v1",
                 "metadata": {"name": "typed", "labels": {"a": "b"}, "annotations": {"a": "b"}},
                 "spec": {"priority": 0, "enableServiceLinks": false, "nodeSelector": {},
                          "containers": [{"name": "main", "image": "busybox:1"}]}}
                """;
        String pods = "/api/v1/namespaces/" + subject.namespace() + "/pods?dryRun=All";
        subject.client().raw(pods, "POST", pod);

        assertRefused(
                () -> subject.client().raw(pods, "POST", pod.replace(right, wrong)),
                400,
                "BadRequest",
                "cannot be handled as a Pod: ");
    }

    @Test
    void aPatchThatMakesAFieldOfAnotherTypeIsInvalid(Subject subject) {
        map(subject);

        assertRefused(() -> patch(subject, "{\"data\": {\"a\": 5}}"), 422, "Invalid", "patch: Invalid value: ");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"metadata": {"name": "other"}}      | the name of the object (other) does not match the name on the URL (map)
            {"metadata": {"name": null}}         | the name of the object (map based on URL) was undeterminable
            {"metadata": {"namespace": "other"}} | the namespace of the object (other) does not match the namespace on the request
            """)
    void anObjectDoesNotMove(String change, String why, Subject subject) {
        map(subject);

        assertRefused(() -> patch(subject, change), 400, "BadRequest", why);
    }

    @Test
    void anUpdateNamesTheNamespaceOfItsPath(Subject subject) {
        ConfigMap map = map(subject);
        ConfigMap moved = new ConfigMapBuilder(map)
                .editMetadata()
                .withNamespace("other")
                .endMetadata()
                .build();

        assertRefused(
                () -> subject.client().raw(path(subject), "PUT", moved),
                400,
                "BadRequest",
                "the namespace of the object (other) does not match the namespace on the request");
    }

    @Test
    void anUpdateNamesTheObjectOfItsPathEvenIfThereIsNone(Subject subject) {
        ConfigMap other = new ConfigMapBuilder()
                .withNewMetadata()
                .withName("other")
                .withNamespace(subject.namespace())
                .endMetadata()
                .build();

        assertRefused(
                () -> subject.client().raw(path(subject), "PUT", other),
                400,
                "BadRequest",
                "the name of the object (other) does not match the name on the URL (map)");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"metadata": {"deletionTimestamp": "2020-01-01T00:00:00Z"}} | metadata.deletionTimestamp
            {"metadata": {"deletionGracePeriodSeconds": 5}}             | metadata.deletionGracePeriodSeconds
            """)
    void whatOnlyTheServerSetsIsNotChanged(String change, String field, Subject subject) {
        map(subject);

        Refusals.assertInvalid(() -> patch(subject, change), field, "FieldValueInvalid", "field is immutable");
    }

    @Test
    void aBodyOfAnUnknownMediaTypeIsRefused(Subject subject) throws Exception {
        var http = subject.client().getHttpClient();
        HttpResponse<String> response = http.sendAsync(
                        http.newHttpRequestBuilder()
                                .uri(subject.client().getMasterUrl().toURI().resolve(path(subject)))
                                .method("PUT", "text/plain", "{\"metadata\": {\"name\": \"map\"}}")
                                .build(),
                        String.class)
                .get(1, TimeUnit.MINUTES);

        assertThat(response.code()).isEqualTo(415);
        assertThat(response.bodyString()).contains("accepted media types include: application/json");
    }

    @Test
    void aDryRunOfADeletionDeletesNothing(Subject subject) {
        ConfigMap map = map(subject);

        subject.client()
                .raw(
                        path(subject),
                        "DELETE",
                        "{\"kind\": \"DeleteOptions\", \"apiVersion\": \"v1\", \"dryRun\": [\"All\"]}");

        assertThat(subject.client().resource(map).get()).isNotNull();
    }

    @Test
    void dependentsAreTreatedInOneOfTheKnownWays(Subject subject) {
        map(subject);

        assertRefused(
                () -> subject.client().raw(path(subject), "DELETE", "{\"propagationPolicy\": \"Adopt\"}"),
                422,
                "Invalid",
                "propagationPolicy: Unsupported value");
    }

    private static void patch(Subject subject, String change) {
        subject.client()
                .configMaps()
                .inNamespace(subject.namespace())
                .withName("map")
                .patch(PatchContext.of(PatchType.JSON_MERGE), change);
    }

    private static String path(Subject subject) {
        return "/api/v1/namespaces/" + subject.namespace() + "/configmaps/map";
    }

    private static ConfigMap map(Subject subject) {
        return subject.client()
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace(subject.namespace())
                        .withName("map")
                        .endMetadata()
                        .withData(Map.of("a", "1"))
                        .build())
                .create();
    }
}
