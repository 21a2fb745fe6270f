package io.migpool.admission.tls;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

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
        publish(caBundle, any -> true);
    }

    /** As {@link #publish(String)}, but leaves a configuration alone of which cert-manager keeps the bundle. */
    void publishUnlessInjected(String caBundle) {
        publish(
                caBundle,
                present ->
                        Optional.ofNullable(present.getMetadata().getAnnotations()).orElse(Map.of()).keySet().stream()
                                .noneMatch(key -> key.startsWith(INJECTED)));
    }

    private void publish(String caBundle, Predicate<HasMetadata> ours) {
        var admission = client.admissionRegistration().v1();
        publish(
                admission.mutatingWebhookConfigurations().withName(configuration),
                webhooks -> webhooks.getWebhooks().stream().map(MutatingWebhook::getClientConfig),
                caBundle,
                ours);
        publish(
                admission.validatingWebhookConfigurations().withName(configuration),
                webhooks -> webhooks.getWebhooks().stream().map(ValidatingWebhook::getClientConfig),
                caBundle,
                ours);
    }

    private static <T extends HasMetadata> void publish(
            Resource<T> resource,
            Function<T, Stream<WebhookClientConfig>> webhooks,
            String caBundle,
            Predicate<HasMetadata> ours) {
        T present = resource.get();
        if (present != null
                && ours.test(present)
                && webhooks.apply(present).anyMatch(webhook -> !caBundle.equals(webhook.getCaBundle()))) {
            var _ = resource.edit(copy -> {
                webhooks.apply(copy).forEach(webhook -> webhook.setCaBundle(caBundle));
                return copy;
            });
        }
    }
}
