package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertInvalid;
import static io.migpool.testbed.conformance.Refusals.assertRefused;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an update may not change, as far as an overlay of the manifests could try. */
@ExtendWith(Subject.Provider.class)
class ValidationConformanceTest {

    @Test
    void theSelectorOfAWorkloadStays(Subject subject) {
        subject.client().resource(deployment(subject, "1", "1")).create();

        assertRefused(
                () -> subject.client()
                        .resource(deployment(subject, "2", "2"))
                        .patch(merge(), "{\"spec\": {\"selector\": {\"matchLabels\": {\"b\": \"2\"}}}}"),
                422,
                "Invalid",
                "field is immutable");
    }

    @Test
    void aSelectorMustFitItsTemplate(Subject subject) {
        assertRefused(
                () -> subject.client().resource(deployment(subject, "1", "2")).create(),
                422,
                "Invalid",
                "`selector` does not match template `labels`");
    }

    @Test
    void theTemplateOfAJobStays(Subject subject) {
        var job = subject.client()
                .resource(new JobBuilder()
                        .withNewMetadata()
                        .withNamespace(subject.namespace())
                        .withName("job")
                        .endMetadata()
                        .withNewSpec()
                        .withNewTemplate()
                        .withSpec(subject.pod("unused", Map.of())
                                .editSpec()
                                .withRestartPolicy("Never")
                                .endSpec()
                                .buildSpec())
                        .endTemplate()
                        .endSpec()
                        .build());
        job.create();

        assertRefused(
                () -> job.patch(merge(), "{\"spec\": {\"template\": {\"spec\": {\"restartPolicy\": \"OnFailure\"}}}}"),
                422,
                "Invalid",
                "spec.template: Invalid value");
        assertRefused(
                () -> job.patch(merge(), "{\"spec\": {\"completions\": 5}}"), 422, "Invalid", "field is immutable");
    }

    @Test
    void aRoleBindingKeepsItsRole(Subject subject) {
        var binding = subject.client()
                .resource(new RoleBindingBuilder()
                        .withNewMetadata()
                        .withNamespace(subject.namespace())
                        .withName("binding")
                        .endMetadata()
                        .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "one")
                        .build());
        binding.create();

        assertRefused(
                () -> binding.patch(merge(), "{\"roleRef\": {\"name\": \"two\"}}"),
                422,
                "Invalid",
                "cannot change roleRef");
    }

    @Test
    void aSecretKeepsItsType(Subject subject) {
        var secret = subject.client()
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace(subject.namespace())
                        .withName("secret")
                        .endMetadata()
                        .withType("example.com/one")
                        .build());
        secret.create();

        assertRefused(
                () -> secret.patch(merge(), "{\"type\": \"example.com/two\"}"), 422, "Invalid", "field is immutable");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            Opaque,             a/b,     data[a/b],     FieldValueInvalid,  a valid config key
            Opaque,             ..,      data[..],      FieldValueInvalid,  must not be
            kubernetes.io/tls,  tls.crt, data[tls.key], FieldValueRequired, Required value
            """)
    void aSecretHasValidKeysAndThoseOfItsType(
            String type, String key, String field, String reason, String detail, Subject subject) {
        assertInvalid(
                () -> subject.client()
                        .resource(new SecretBuilder()
                                .withNewMetadata()
                                .withNamespace(subject.namespace())
                                .withName("secret")
                                .endMetadata()
                                .withType(type)
                                .addToData(key, "eA==")
                                .build())
                        .create(),
                field,
                reason,
                detail);
    }

    @Test
    void aSelectorThatCannotBeReadIsRefused(Subject subject) {
        Deployment wrong = new DeploymentBuilder(deployment(subject, "1", "1"))
                .editSpec()
                .editSelector()
                .addNewMatchExpression()
                .withKey("a")
                .withOperator("Likes")
                .endMatchExpression()
                .endSelector()
                .endSpec()
                .build();

        assertInvalid(
                () -> subject.client().resource(wrong).create(),
                "spec.selector.matchExpressions[0].operator",
                "FieldValueInvalid",
                "not a valid selector operator");
    }

    @Test
    void aConfigMapThatIsImmutableStaysSo(Subject subject) {
        var map = subject.client()
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace(subject.namespace())
                        .withName("map")
                        .endMetadata()
                        .withImmutable(true)
                        .addToData("a", "1")
                        .build());
        map.create();

        for (String change : new String[] {"{\"data\": {\"a\": \"2\"}}", "{\"immutable\": false}"}) {
            assertRefused(
                    () -> map.patch(merge(), change), 422, "Invalid", "field is immutable when `immutable` is set");
        }
        map.patch(merge(), "{\"metadata\": {\"labels\": {\"seen\": \"yes\"}}}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a/b | a valid config key must consist of alphanumeric characters
            ..  | must not be '..'
            ..a | must not start with '..'
            """, quoteCharacter = '"')
    void aKeyOfAConfigMapIsAFileName(String key, String text, Subject subject) {
        assertInvalid(
                () -> create(map(subject).addToData(key, "1"), subject),
                "data[" + key + "]",
                "FieldValueInvalid",
                text);
        assertInvalid(
                () -> create(map(subject).addToBinaryData(key, "MQ=="), subject),
                "binaryData[" + key + "]",
                "FieldValueInvalid",
                text);
    }

    @Test
    void aKeyOfAConfigMapIsAtMostSoLong(Subject subject) {
        String key = "a".repeat(254);

        assertInvalid(
                () -> create(map(subject).addToData(key, "1"), subject),
                "data[" + key + "]",
                "FieldValueInvalid",
                "must be no more than 253");
        create(map(subject).addToData("a".repeat(253), "1"), subject);
    }

    @Test
    void aKeyOfAConfigMapIsTextOrBinaryNotBoth(Subject subject) {
        assertInvalid(
                () -> create(map(subject).addToData("a", "1").addToBinaryData("a", "MQ=="), subject),
                "data[a]",
                "FieldValueInvalid",
                "duplicate of key present in binaryData");
    }

    @Test
    void aConfigMapHoldsAtMostAMebibyte(Subject subject) {
        // Bytes count, not characters: "ü" has two. Base64 of three bytes has four characters.
        String text = "ü".repeat(256 * 1024);
        String binary = "MDEy".repeat(512 * 1024 / 3);
        int rest = 512 * 1024 % 3;

        create(
                map(subject).addToData("a", text).addToBinaryData("b", binary).addToData("c", "1".repeat(rest)),
                subject);

        assertInvalid(
                () -> create(
                        map(subject)
                                .addToData("a", text)
                                .addToBinaryData("b", binary)
                                .addToData("c", "1".repeat(rest + 1)),
                        subject),
                "[]",
                "FieldValueTooLong",
                "Too long");
    }

    @Test
    void aPriorityClassKeepsItsValue(Subject subject) {
        PriorityClass priority = new PriorityClassBuilder()
                .withNewMetadata()
                .withName(subject.namespace())
                .endMetadata()
                .withValue(1)
                .build();
        subject.client().resource(priority).create();
        try {
            assertRefused(
                    () -> subject.client().resource(priority).patch(merge(), "{\"value\": 2}"),
                    422,
                    "Invalid",
                    "may not be changed in an update");
        } finally {
            subject.client().resource(priority).delete();
        }
    }

    private static ConfigMapBuilder map(Subject subject) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(subject.namespace())
                .withGenerateName("map-")
                .endMetadata();
    }

    private static void create(ConfigMapBuilder map, Subject subject) {
        subject.client().resource(map.build()).create();
    }

    private static PatchContext merge() {
        return PatchContext.of(PatchType.JSON_MERGE);
    }

    private static Deployment deployment(Subject subject, String selected, String labelled) {
        return new DeploymentBuilder()
                .withNewMetadata()
                .withNamespace(subject.namespace())
                .withName("web")
                .endMetadata()
                .withNewSpec()
                .withNewSelector()
                .addToMatchLabels("a", selected)
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("a", labelled)
                .addToLabels("b", "2")
                .endMetadata()
                .withSpec(subject.pod("unused", Map.of()).buildSpec())
                .endTemplate()
                .endSpec()
                .build();
    }
}
