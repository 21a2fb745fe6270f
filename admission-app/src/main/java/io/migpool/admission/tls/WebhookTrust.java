package io.migpool.admission.tls;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;

/** Makes the API server trust the issued certificates: keeps {@code caBundle} of our webhooks right. */
final class WebhookTrust {

    private final KubernetesClient client;
    private final String configuration;

    /**
     * Trust for one configuration.
     *
     * @param client the API server
     * @param configuration name of the MutatingWebhookConfiguration; it need not exist yet
     */
    WebhookTrust(KubernetesClient client, String configuration) {
        this.client = client;
        this.configuration = configuration;
    }

    /**
     * Writes the bundle into every webhook of the configuration that has another one.
     *
     * @param caBundle base64 of PEM
     * @throws io.fabric8.kubernetes.client.KubernetesClientException if the API server does not let us
     */
    void publish(String caBundle) {
        var resource = client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName(configuration);
        MutatingWebhookConfiguration present = resource.get();
        if (present != null && present.getWebhooks().stream().anyMatch(webhook -> !trusts(webhook, caBundle))) {
            var _ = resource.edit(webhooks -> trusting(webhooks, caBundle));
        }
    }

    private static boolean trusts(MutatingWebhook webhook, String caBundle) {
        return caBundle.equals(webhook.getClientConfig().getCaBundle());
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
}
