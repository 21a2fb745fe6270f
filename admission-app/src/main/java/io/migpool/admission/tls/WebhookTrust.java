package io.migpool.admission.tls;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Makes the API server trust the certificates: keeps {@code caBundle} of our webhooks right. */
final class WebhookTrust {

    /** What annotations begin with by which cert-manager's injector is asked for. */
    private static final String INJECTED = "cert-manager.io/inject-";

    private final KubernetesClient client;
    private final String configuration;

    /**
     * Trust for one configuration.
     *
     * @param client the API server
     * @param configuration name of the mutating and of the validating configuration; neither need exist yet
     */
    WebhookTrust(KubernetesClient client, String configuration) {
        this.client = client;
        this.configuration = configuration;
    }

    /**
     * Writes the bundle into every webhook of the configurations that has another one.
     *
     * @param caBundle base64 of PEM
     * @throws io.fabric8.kubernetes.client.KubernetesClientException if the API server does not let us
     */
    void publish(String caBundle) {
        publishToMutating(caBundle, any -> true);
        publishToValidating(caBundle, any -> true);
    }

    /** As {@link #publish}, but leaves a configuration alone of which cert-manager keeps the bundle. */
    void publishUnlessInjected(String caBundle) {
        publishToMutating(caBundle, WebhookTrust::isOurs);
        publishToValidating(caBundle, WebhookTrust::isOurs);
    }

    private static boolean isOurs(HasMetadata configuration) {
        return Optional.ofNullable(configuration.getMetadata().getAnnotations()).orElse(Map.of()).keySet().stream()
                .noneMatch(key -> key.startsWith(INJECTED));
    }

    private void publishToMutating(String caBundle, Predicate<HasMetadata> ours) {
        var resource = client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName(configuration);
        MutatingWebhookConfiguration present = resource.get();
        if (present != null
                && ours.test(present)
                && present.getWebhooks().stream().anyMatch(hook -> !trusts(hook.getClientConfig(), caBundle))) {
            var _ = resource.edit(webhooks -> trusting(webhooks, caBundle));
        }
    }

    private void publishToValidating(String caBundle, Predicate<HasMetadata> ours) {
        var resource = client.admissionRegistration()
                .v1()
                .validatingWebhookConfigurations()
                .withName(configuration);
        ValidatingWebhookConfiguration present = resource.get();
        if (present != null
                && ours.test(present)
                && present.getWebhooks().stream().anyMatch(hook -> !trusts(hook.getClientConfig(), caBundle))) {
            var _ = resource.edit(webhooks -> trusting(webhooks, caBundle));
        }
    }

    private static boolean trusts(WebhookClientConfig webhook, String caBundle) {
        return caBundle.equals(webhook.getCaBundle());
    }

    private static MutatingWebhookConfiguration trusting(MutatingWebhookConfiguration webhooks, String caBundle) {
        var builder = new MutatingWebhookConfigurationBuilder(webhooks);
        for (int i = 0; i < webhooks.getWebhooks().size(); i++) {
            builder.editWebhook(i)
                    .editOrNewClientConfig()
                    .withCaBundle(caBundle)
                    .endClientConfig()
                    .endWebhook();
        }
        return builder.build();
    }

    private static ValidatingWebhookConfiguration trusting(ValidatingWebhookConfiguration webhooks, String caBundle) {
        var builder = new ValidatingWebhookConfigurationBuilder(webhooks);
        for (int i = 0; i < webhooks.getWebhooks().size(); i++) {
            builder.editWebhook(i)
                    .editOrNewClientConfig()
                    .withCaBundle(caBundle)
                    .endClientConfig()
                    .endWebhook();
        }
        return builder.build();
    }
}
