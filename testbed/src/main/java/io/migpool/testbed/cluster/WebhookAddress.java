package io.migpool.testbed.cluster;

import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;

/**
 * Publishes the webhook's address. There is no cluster network, so the webhook's Service is a name for this machine,
 * with the port on which the webhook listens.
 */
final class WebhookAddress {

    /** Name of the Service, of both webhook configurations, and of the application's account. */
    static final String NAME = "migpool-admission";

    private static final String HOST = "localhost";

    private WebhookAddress() {}

    /** Tells the API server where the webhook is. */
    static void publish(KubernetesClient client, int port) {
        client.resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                        .withName(NAME)
                        .endMetadata()
                        .withNewSpec()
                        .withType("ExternalName")
                        .withExternalName(HOST)
                        .endSpec()
                        .build())
                .createOr(existing -> existing.update());
        var admissionRegistration = client.admissionRegistration().v1();
        admissionRegistration.mutatingWebhookConfigurations().withName(NAME).edit(hooks -> {
            hooks.getWebhooks()
                    .forEach(hook -> hook.getClientConfig().getService().setPort(port));
            return hooks;
        });
        admissionRegistration.validatingWebhookConfigurations().withName(NAME).edit(hooks -> {
            hooks.getWebhooks()
                    .forEach(hook -> hook.getClientConfig().getService().setPort(port));
            return hooks;
        });
    }
}
