package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBindingBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Webhooks without a server, and policies. Both take effect a moment after they are created, so every test first waits
 * for a visible effect. {@link WebhookConformanceTest} has those with a server.
 */
@ExtendWith(Subject.Provider.class)
class AdmissionConformanceTest {

    private static final String NOBODY = "https://127.0.0.1:1/webhook";
    private static final String ASKS_FOR_A_GPU = "object.spec.containers.exists(c, has(c.resources.limits) && "
            + "c.resources.limits.exists(r, r.startsWith('nvidia.com/')))";
    private static final Map<String, String> SLICE = Map.of("nvidia.com/gpu", "1");

    private final List<Runnable> cleaning = new ArrayList<>();

    @AfterEach
    void clean() {
        cleaning.reversed().forEach(Runnable::run);
    }

    @Test
    void aWebhookThatCannotBeReachedFailsTheRequestsThatItsConditionsMatch(Subject subject) {
        subject.needs(30, "a match condition");
        webhook(subject, "Fail");

        awaitRefused(subject, SLICE);

        assertRefused(
                () -> subject.create(subject.pod("gpu", SLICE)),
                500,
                "InternalError",
                "failed calling webhook \"pods.example.com\"");
        assertThat(subject.create(subject.pod("plain", Map.of())).getMetadata().getUid())
                .isNotEmpty();
    }

    @Test
    void aWebhookThatMayBeIgnoredLetsRequestsPass(Subject subject) {
        subject.needs(30, "a match condition");
        webhook(subject, "Ignore");

        assertThat(subject.create(subject.pod("gpu", SLICE)).getMetadata().getUid())
                .isNotEmpty();
    }

    @Test
    void aPolicyForbidsWithItsReasonAndItsMessage(Subject subject) {
        policy(subject, "Fail", "!('reserved' in object.metadata.?annotations.orValue({}))", "Forbidden");

        PodBuilder taken = annotated(subject, "taken");
        awaitRefused(subject, taken);

        assertRefused(
                () -> subject.create(taken),
                403,
                "Forbidden",
                "ValidatingAdmissionPolicy '" + subject.namespace() + "' with binding '" + subject.namespace()
                        + "' denied request: reserved is ours");
        assertThat(subject.create(subject.pod("free", Map.of())).getMetadata().getUid())
                .isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({"Fail, true", "Ignore, false"})
    void anExpressionThatCannotBeEvaluatedFollowsTheFailurePolicy(
            String failurePolicy, boolean refused, Subject subject) {
        policy(
                subject,
                failurePolicy,
                "object.metadata.annotations['reserved'] == '1' && object.metadata.name != 'never'",
                "Invalid");
        // Two conditions in one: false where the annotation differs, an error where there is none.
        awaitRefused(subject, annotated(subject, "known", "2"));

        if (refused) {
            assertRefused(() -> subject.create(subject.pod("odd", Map.of())), 422, "Invalid", "resulted in error");
        } else {
            assertThat(subject.create(subject.pod("odd", Map.of()))
                            .getMetadata()
                            .getUid())
                    .isNotEmpty();
        }
    }

    private void webhook(Subject subject, String failurePolicy) {
        create(
                subject,
                new MutatingWebhookConfigurationBuilder()
                        .withNewMetadata()
                        .withName(subject.namespace())
                        .endMetadata()
                        .addNewWebhook()
                        .withName("pods.example.com")
                        .withAdmissionReviewVersions("v1")
                        .withSideEffects("None")
                        .withFailurePolicy(failurePolicy)
                        .withTimeoutSeconds(5)
                        .withNewClientConfig()
                        .withUrl(NOBODY)
                        .endClientConfig()
                        .withNewNamespaceSelector()
                        .addToMatchLabels("kubernetes.io/metadata.name", subject.namespace())
                        .endNamespaceSelector()
                        .addNewRule()
                        .withApiGroups("")
                        .withApiVersions("v1")
                        .withOperations("CREATE")
                        .withResources("pods")
                        .endRule()
                        .addNewMatchCondition(ASKS_FOR_A_GPU, "gpu")
                        .endWebhook()
                        .build());
    }

    private void policy(Subject subject, String failurePolicy, String expression, String reason) {
        subject.needs(30, "a ValidatingAdmissionPolicy");
        create(
                subject,
                new ValidatingAdmissionPolicyBuilder()
                        .withNewMetadata()
                        .withName(subject.namespace())
                        .endMetadata()
                        .withNewSpec()
                        .withFailurePolicy(failurePolicy)
                        .withNewMatchConstraints()
                        .addNewResourceRule()
                        .withApiGroups("")
                        .withApiVersions("v1")
                        .withOperations("CREATE")
                        .withResources("pods")
                        .endResourceRule()
                        .endMatchConstraints()
                        .addNewValidation()
                        .withExpression(expression)
                        .withMessage("reserved is ours")
                        .withReason(reason)
                        .endValidation()
                        .endSpec()
                        .build());
        create(
                subject,
                new ValidatingAdmissionPolicyBindingBuilder()
                        .withNewMetadata()
                        .withName(subject.namespace())
                        .endMetadata()
                        .withNewSpec()
                        .withPolicyName(subject.namespace())
                        .withValidationActions("Deny")
                        .withNewMatchResources()
                        .withNewNamespaceSelector()
                        .addToMatchLabels("kubernetes.io/metadata.name", subject.namespace())
                        .endNamespaceSelector()
                        .endMatchResources()
                        .endSpec()
                        .build());
    }

    private void create(Subject subject, HasMetadata object) {
        subject.client().resource(object).create();
        cleaning.add(() -> subject.client().resource(object).delete());
    }

    private static void awaitRefused(Subject subject, Map<String, String> limits) {
        awaitRefused(subject, subject.pod("probe", limits));
    }

    /** Waits for a refusal; until the API server has learnt of the rule, it admits such a pod. */
    private static void awaitRefused(Subject subject, PodBuilder pod) {
        Pod probe = pod.build();
        await().until(() -> {
            KubernetesClientException refused = catchThrowableOfType(
                    KubernetesClientException.class,
                    () -> subject.client().resource(probe).create());
            if (refused == null) {
                subject.client().resource(probe).withGracePeriod(0).delete();
            }
            return refused != null;
        });
    }

    private static PodBuilder annotated(Subject subject, String name) {
        return annotated(subject, name, "1");
    }

    private static PodBuilder annotated(Subject subject, String name, String reserved) {
        return subject.pod(name, Map.of())
                .editMetadata()
                .addToAnnotations("reserved", reserved)
                .endMetadata();
    }
}
