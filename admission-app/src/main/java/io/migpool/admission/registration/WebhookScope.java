package io.migpool.admission.registration;

import io.fabric8.kubernetes.api.model.LabelSelectorRequirementBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MatchCondition;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MatchConditionBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.migpool.contracts.request.ResourceNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which objects the API server must send to our webhooks under the present settings. Changes only our own webhooks, and
 * only the match conditions with our names; everything else belongs to the manifests and the operator.
 *
 * <p>GPU pods fail closed: without review they would run without a reservation. Other pods only get GPUs hidden from
 * them, which is not a reason to block a cluster, so their webhook exists only while {@code overwriteEnv} is set, fails
 * open and leaves our own namespace alone.
 *
 * @param resources names of the GPU resources
 * @param everyPod whether pods without a GPU request have to be reviewed as well ({@code overwriteEnv})
 * @param ownNamespace namespace of this application
 */
public record WebhookScope(ResourceNames resources, boolean everyPod, String ownNamespace) {

    /** The webhook for GPU pods, named as HAMi's. */
    static final String GPU_PODS = "vgpu.hami.io";
    /** The webhook for all other pods. */
    static final String OTHER_PODS = "hidden-gpus.migpool.io";
    /** The webhook for objects that create GPU pods. */
    static final String TEMPLATES = "templates.migpool.io";

    static final String NAMES_A_RESOURCE = "names-a-gpu-resource";
    private static final String NAMES_NO_RESOURCE = "names-no-gpu-resource";
    private static final String NAMESPACE_NAME = "kubernetes.io/metadata.name";
    private static final int SHORT_SECONDS = 2;

    /** Returns the configuration as it should be; equal to the given one if nothing has to change. */
    MutatingWebhookConfiguration applied(MutatingWebhookConfiguration present) {
        Optional<MutatingWebhook> gpuPods = present.getWebhooks().stream()
                .filter(webhook -> GPU_PODS.equals(webhook.getName()))
                .findFirst();
        if (gpuPods.isEmpty()) {
            return present;
        }
        List<MutatingWebhook> webhooks = new ArrayList<>();
        boolean hasOthers = false;
        for (MutatingWebhook webhook : present.getWebhooks()) {
            switch (String.valueOf(webhook.getName())) {
                case GPU_PODS ->
                    webhooks.add(new MutatingWebhookBuilder(webhook)
                            .withMatchConditions(with(
                                    webhook.getMatchConditions(),
                                    NAMES_A_RESOURCE,
                                    conditions().gpuPod()))
                            .build());
                case OTHER_PODS -> {
                    hasOthers = true;
                    if (everyPod) {
                        webhooks.add(new MutatingWebhookBuilder(webhook)
                                .withMatchConditions(with(
                                        webhook.getMatchConditions(),
                                        NAMES_NO_RESOURCE,
                                        conditions().otherPod()))
                                .build());
                    }
                }
                default -> webhooks.add(webhook);
            }
        }
        if (everyPod && !hasOthers) {
            webhooks.add(otherPods(gpuPods.get()));
        }
        return new MutatingWebhookConfigurationBuilder(present)
                .withWebhooks(webhooks)
                .build();
    }

    /** Returns the configuration as it should be; equal to the given one if nothing has to change. */
    ValidatingWebhookConfiguration applied(ValidatingWebhookConfiguration present) {
        List<ValidatingWebhook> webhooks = present.getWebhooks().stream()
                .map(webhook -> TEMPLATES.equals(webhook.getName())
                        ? new ValidatingWebhookBuilder(webhook)
                                .withMatchConditions(with(
                                        webhook.getMatchConditions(),
                                        NAMES_A_RESOURCE,
                                        conditions().gpuTemplate()))
                                .build()
                        : webhook)
                .toList();
        return new ValidatingWebhookConfigurationBuilder(present)
                .withWebhooks(webhooks)
                .build();
    }

    private MutatingWebhook otherPods(MutatingWebhook gpuPods) {
        return new MutatingWebhookBuilder(gpuPods)
                .withName(OTHER_PODS)
                .withFailurePolicy("Ignore")
                .withTimeoutSeconds(SHORT_SECONDS)
                .withMatchConditions(
                        with(List.of(), NAMES_NO_RESOURCE, conditions().otherPod()))
                .editOrNewNamespaceSelector()
                .addToMatchExpressions(new LabelSelectorRequirementBuilder()
                        .withKey(NAMESPACE_NAME)
                        .withOperator("NotIn")
                        .withValues(ownNamespace)
                        .build())
                .endNamespaceSelector()
                .build();
    }

    private GpuConditions conditions() {
        return GpuConditions.of(resources);
    }

    private static List<MatchCondition> with(List<MatchCondition> present, String name, String expression) {
        MatchCondition ours = new MatchConditionBuilder()
                .withName(name)
                .withExpression(expression)
                .build();
        if (present.stream().noneMatch(condition -> name.equals(condition.getName()))) {
            return Stream.concat(Stream.of(ours), present.stream()).toList();
        }
        return present.stream()
                .map(condition -> name.equals(condition.getName()) ? ours : condition)
                .toList();
    }
}
