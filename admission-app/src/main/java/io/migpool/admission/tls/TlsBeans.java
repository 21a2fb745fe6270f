package io.migpool.admission.tls;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.File;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/** Assembles this package's objects from the configuration. */
@ApplicationScoped
class TlsBeans {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

    @Produces
    @Singleton
    TlsSettings settings(org.eclipse.microprofile.config.Config config) {
        return TlsSettings.of(config);
    }

    /** Creates the source. If there is an API server, it is made to trust the certificates. */
    @Produces
    @Singleton
    CertificateSource source(
            TlsSettings settings, Instance<KubernetesClient> client, org.eclipse.microprofile.config.Config config) {
        return switch (settings.mode()) {
            case DIRECTORY ->
                ClusterAccess.isKnown(config)
                        ? new DirectorySource(
                                settings.directory(),
                                new WebhookTrust(client.get(), settings.webhookConfiguration(), Clock.systemUTC())
                                        ::publishUnlessInjected)
                        : new DirectorySource(settings.directory(), authorities -> true);
            case SELF -> new SelfIssuedSource(client.get(), settings, Clock.systemUTC());
        };
    }

    @Produces
    @Singleton
    KubernetesClient client(org.eclipse.microprofile.config.Config config) {
        Config connection = config.getOptionalValue(ClusterAccess.KUBECONFIG, String.class)
                .flatMap(path -> path.isBlank() ? Optional.empty() : Optional.of(Config.fromKubeconfig(new File(path))))
                .orElseGet(() -> Config.autoConfigure(null));
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(connection)
                        .withConnectionTimeout((int) CONNECT_TIMEOUT.toMillis())
                        .withRequestTimeout((int) REQUEST_TIMEOUT.toMillis())
                        // The next check is the retry.
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build();
    }

    void close(@Disposes KubernetesClient client) {
        client.close();
    }
}
