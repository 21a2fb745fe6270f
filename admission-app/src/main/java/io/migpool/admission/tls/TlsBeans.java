package io.migpool.admission.tls;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.runtime.kubernetes.ApiServerClient;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import org.eclipse.microprofile.config.Config;

/** Assembles this package's objects from the configuration. */
@ApplicationScoped
class TlsBeans {

    @Produces
    @Singleton
    TlsSettings settings(Config config) {
        return TlsSettings.of(config);
    }

    /** Creates the source. If there is an API server, it is made to trust the certificates. */
    @Produces
    @Singleton
    CertificateSource source(TlsSettings settings, Instance<KubernetesClient> client, Config config) {
        return switch (settings.mode()) {
            case DIRECTORY ->
                ApiServerClient.of(config).isKnown()
                        ? new DirectorySource(
                                settings.directory(),
                                new WebhookTrust(
                                        client.get(),
                                        settings.webhookConfiguration(),
                                        settings.checkInterval(),
                                        InstantSource.system())::publishUnlessInjected)
                        : new DirectorySource(settings.directory(), authorities -> true);
            case SELF -> new SelfIssuedSource(client.get(), settings, InstantSource.system());
        };
    }
}
