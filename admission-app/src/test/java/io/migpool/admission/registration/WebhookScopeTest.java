package io.migpool.admission.registration;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MatchCondition;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.migpool.contracts.request.ResourceNames;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The changes to webhook configurations; that the expressions mean what they should is tested with an API server. */
class WebhookScopeTest {
    private static final ResourceNames OTHERS =
            new ResourceNames("acme.com/gpualloc", "acme.com/mem", "acme.com/share", "acme.com/cores", "acme.com/prio");
    private static final MutatingWebhookConfiguration MUTATING = new MutatingWebhookConfigurationBuilder()
            .withNewMetadata()
            .withName("migpool-admission")
            .endMetadata()
            .addNewWebhook()
            .withName("vgpu.hami.io")
            .withFailurePolicy("Fail")
            .withTimeoutSeconds(10)
            .withNewClientConfig()
            .withCaBundle("Q0E=")
            .endClientConfig()
            .withNewNamespaceSelector()
            .addNewMatchExpression()
            .withKey("hami.io/webhook")
            .withOperator("NotIn")
            .withValues("ignore")
            .endMatchExpression()
            .endNamespaceSelector()
            .addNewMatchCondition("true", "the-operators-own")
            .addNewMatchCondition("false", "names-a-gpu-resource")
            .endWebhook()
            .build();

    @Test
    void theConditionFollowsTheResourceNamesAndLeavesOthersAlone() {
        MutatingWebhook webhook = only(new WebhookScope(OTHERS, false, "kube-system").applied(MUTATING));

        assertThat(webhook.getMatchConditions())
                .extracting(MatchCondition::getName)
                .containsExactly("the-operators-own", "names-a-gpu-resource");
        assertThat(webhook.getMatchConditions().getLast().getExpression())
                .contains("\"acme.com/gpualloc\", \"acme.com/mem\", \"acme.com/share\", \"acme.com/cores\"")
                .doesNotContain("nvidia.com");
        assertThat(webhook.getFailurePolicy()).isEqualTo("Fail");
        assertThat(webhook.getClientConfig().getCaBundle()).isEqualTo("Q0E=");
    }

    @Test
    void whereGpusAreHiddenTheOtherPodsHaveAWebhookThatHoldsUpNobody() {
        MutatingWebhookConfiguration applied =
                new WebhookScope(ResourceNames.DEFAULT, true, "gpu-system").applied(MUTATING);

        assertThat(applied.getWebhooks()).hasSize(2);
        assertThat(applied.getWebhooks().getLast()).satisfies(others -> {
            assertThat(others.getFailurePolicy()).isEqualTo("Ignore");
            assertThat(others.getTimeoutSeconds()).isLessThan(5);
            assertThat(others.getClientConfig().getCaBundle()).isEqualTo("Q0E=");
            assertThat(others.getNamespaceSelector().getMatchExpressions())
                    .anySatisfy(rule -> assertThat(rule.getValues()).containsExactly("gpu-system"))
                    .anySatisfy(rule -> assertThat(rule.getValues()).containsExactly("ignore"));
            assertThat(others.getMatchConditions()).singleElement().satisfies(condition -> assertThat(
                            condition.getExpression())
                    .startsWith("!("));
        });
        assertThat(applied.getWebhooks().getFirst().getFailurePolicy()).isEqualTo("Fail");
    }

    @Test
    void itGoesWhenTheyAreHiddenNoMore() {
        MutatingWebhookConfiguration hidden =
                new WebhookScope(ResourceNames.DEFAULT, true, "kube-system").applied(MUTATING);

        assertThat(only(new WebhookScope(ResourceNames.DEFAULT, false, "kube-system").applied(hidden))
                        .getName())
                .isEqualTo("vgpu.hami.io");
    }

    @Test
    void whatIsRightStaysAsItIs() {
        for (boolean everyPod : new boolean[] {true, false}) {
            WebhookScope scope = new WebhookScope(OTHERS, everyPod, "kube-system");
            MutatingWebhookConfiguration applied = scope.applied(MUTATING);

            assertThat(scope.applied(applied)).isEqualTo(applied);
        }
    }

    /** Otherwise the application and a GitOps tool overwrite each other endlessly. */
    @ParameterizedTest
    @CsvSource({"base, nvidia.com/gpu", "components/renamed-resources, nvidia.com/gpualloc"})
    void theManifestsStayAsTheyAreWithTheirNames(String directory, String count) throws IOException {
        ResourceNames usual = ResourceNames.DEFAULT;
        WebhookScope scope = new WebhookScope(
                new ResourceNames(count, usual.memory(), usual.memoryPercentage(), usual.cores(), usual.priority()),
                false,
                "kube-system");
        List<HasMetadata> manifests;
        try (InputStream yaml = Files.newInputStream(
                Path.of("..", "manifests").resolve(directory).resolve("webhook.yaml"))) {
            manifests = Serialization.unmarshal(yaml);
        }

        assertThat(manifests).hasSize(2).allSatisfy(configuration -> {
            HasMetadata applied =
                    switch (configuration) {
                        case MutatingWebhookConfiguration mutating -> scope.applied(mutating);
                        case ValidatingWebhookConfiguration validating -> scope.applied(validating);
                        default -> throw new IllegalStateException("no webhook: " + configuration.getKind());
                    };
            assertThat(applied).isEqualTo(configuration);
        });
    }

    @Test
    void theConditionOfTemplatesFollowsToo() {
        ValidatingWebhookConfiguration present = new ValidatingWebhookConfigurationBuilder()
                .addNewWebhook()
                .withName("templates.migpool.io")
                .addNewMatchCondition("true", "has-no-owner")
                .endWebhook()
                .build();

        ValidatingWebhookConfiguration applied = new WebhookScope(OTHERS, true, "kube-system").applied(present);

        assertThat(applied.getWebhooks().getFirst().getMatchConditions())
                .extracting(MatchCondition::getName)
                .containsExactly("names-a-gpu-resource", "has-no-owner");
        assertThat(applied.getWebhooks()
                        .getFirst()
                        .getMatchConditions()
                        .getFirst()
                        .getExpression())
                .contains("acme.com/mem", "jobTemplate");
    }

    private static MutatingWebhook only(MutatingWebhookConfiguration configuration) {
        assertThat(configuration.getWebhooks()).hasSize(1);
        return configuration.getWebhooks().getFirst();
    }
}
