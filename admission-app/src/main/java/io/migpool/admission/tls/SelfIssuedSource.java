package io.migpool.admission.tls;

import static java.net.HttpURLConnection.HTTP_CONFLICT;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;

/**
 * Issues the certificate itself and keeps it in a Secret that all replicas share. The replica that writes the Secret
 * first wins, and the others read it; renewal relies on the Secret's resource version in the same way. An authority is
 * added to the API server's trust before its certificate is served.
 */
final class SelfIssuedSource implements CertificateSource {

    private static final Logger LOG = System.getLogger(SelfIssuedSource.class.getName());
    private static final String TYPE = "kubernetes.io/tls";
    /** A lost race is resolved by reading again; several lost races in a row mean that something else is wrong. */
    private static final int ATTEMPTS = 5;

    private final KubernetesClient client;
    private final TlsSettings settings;
    private final Renewal renewal;
    private final WebhookTrust trust;
    private final Clock clock;

    SelfIssuedSource(KubernetesClient client, TlsSettings settings, Clock clock) {
        this.client = client;
        this.settings = settings;
        this.renewal = new Renewal(settings);
        this.trust = new WebhookTrust(client, settings.webhookConfiguration(), clock);
        this.clock = clock;
    }

    @Override
    public Offer load() throws CertificateUnavailableException {
        try {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Optional<IssuedCertificates> agreed = readOrWrite();
                if (agreed.isPresent()) {
                    boolean known = trust.publish(agreed.get().authorities());
                    return new Offer(agreed.get().serving(), known);
                }
            }
        } catch (KubernetesClientException e) {
            throw new CertificateUnavailableException(
                    "Secret %s/%s or MutatingWebhookConfiguration %s cannot be read or written (%s); check that the API server answers and that the service account has permission"
                            .formatted(
                                    settings.namespace(),
                                    settings.secret(),
                                    settings.webhookConfiguration(),
                                    reason(e)),
                    e);
        }
        throw new CertificateUnavailableException(
                "Secret %s/%s was changed by another writer %d times in a row; find out what else writes it"
                        .formatted(settings.namespace(), settings.secret(), ATTEMPTS));
    }

    /**
     * Returns why a call failed. The client's own message only names the operation; the reason is in one of the causes.
     */
    private static String reason(KubernetesClientException e) {
        StringBuilder reason = new StringBuilder(String.valueOf(e.getMessage()));
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            reason.append(" <- ").append(cause);
        }
        return reason.toString();
    }

    /** Returns what all replicas now agree on; empty if another one was faster, so that it has to be read again. */
    private Optional<IssuedCertificates> readOrWrite() {
        Secret secret = client.secrets()
                .inNamespace(settings.namespace())
                .withName(settings.secret())
                .get();
        if (secret == null) {
            return written(renewal.first(clock.instant()), Optional.empty());
        }
        Optional<IssuedCertificates> present = read(secret);
        if (present.isEmpty()) {
            return written(renewal.first(clock.instant()), Optional.of(secret));
        }
        Optional<IssuedCertificates> next = renewal.next(present.get(), clock.instant());
        return next.isPresent() ? written(next.get(), Optional.of(secret)) : present;
    }

    private Optional<IssuedCertificates> read(Secret secret) {
        try {
            return Optional.of(IssuedCertificates.fromSecretData(
                    Optional.ofNullable(secret.getData()).orElse(Map.of())));
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "Secret {0}/{1} is unreadable ({2}); replacing it",
                    settings.namespace(),
                    settings.secret(),
                    e.getMessage());
            return Optional.empty();
        }
    }

    private Optional<IssuedCertificates> written(IssuedCertificates certificates, Optional<Secret> replaces) {
        Secret secret = new SecretBuilder()
                .withNewMetadata()
                .withNamespace(settings.namespace())
                .withName(settings.secret())
                .addToLabels("app.kubernetes.io/managed-by", settings.service())
                .endMetadata()
                // The API server refuses a change of it.
                .withType(replaces.map(Secret::getType).orElse(TYPE))
                .withData(certificates.toSecretData())
                .build();
        Resource<Secret> resource = client.resource(secret);
        try {
            if (replaces.isPresent()) {
                var _ = resource.lockResourceVersion(
                                replaces.get().getMetadata().getResourceVersion())
                        .update();
            } else {
                var _ = resource.create();
            }
            return Optional.of(certificates);
        } catch (KubernetesClientException e) {
            if (e.getCode() == HTTP_CONFLICT) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
