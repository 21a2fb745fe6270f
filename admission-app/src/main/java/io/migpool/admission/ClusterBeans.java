package io.migpool.admission;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.admission.cluster.PoolFacts;
import io.migpool.admission.cluster.PoolWatch;
import io.migpool.admission.registration.WebhookKeeper;
import io.migpool.admission.registration.WebhookScope;
import io.migpool.admission.tls.CertificateKeeper;
import io.migpool.admission.tls.TlsSettings;
import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.PoolSettings;
import io.migpool.runtime.Closing;
import io.migpool.runtime.kubernetes.ApiServerClient;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/** Opens the client of the API server, and starts and stops what follows the cluster. */
@ApplicationScoped
class ClusterBeans {

    private final Closing closing = new Closing();

    @Produces
    @Singleton
    KubernetesClient client(Config config) {
        return ApiServerClient.of(config).open();
    }

    void close(@Disposes KubernetesClient client) {
        client.close();
    }

    @Produces
    @Singleton
    PoolFacts facts() {
        return new PoolFacts();
    }

    /** Without a cluster, as in a test, reviews depend on the settings alone. */
    void start(
            @Observes @Initialized(ApplicationScoped.class) Object event,
            Config config,
            Instance<KubernetesClient> client,
            PoolFacts facts,
            PoolSettings settings,
            TlsSettings tls,
            CertificateKeeper certificate) {
        if (!ApiServerClient.of(config).isKnown()) {
            return;
        }
        closing.add(PoolWatch.start(client.get(), facts));
        WebhookKeeper keeper = closing.add(WebhookKeeper.start(
                client.get(),
                tls.webhookConfiguration(),
                () -> scope(settings.devices(), tls.namespace()),
                tls.checkInterval(),
                certificate::checkNow));
        closing.add(settings.devices().onChange(changed -> keeper.checkNow()));
    }

    /**
     * Returns the scope, or empty while the settings are not known: with defaults that no one chose, pods that name
     * other resources would bypass review.
     */
    private static Optional<WebhookScope> scope(LiveSettings<DeviceSettings> settings, String namespace) {
        if (!settings.isKnown()) {
            return Optional.empty();
        }
        DeviceSettings devices = settings.current();
        return Optional.of(new WebhookScope(devices.resources(), devices.overwriteEnv(), namespace));
    }

    @PreDestroy
    void stop() {
        closing.close();
    }
}
