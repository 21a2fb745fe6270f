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
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * Issues the certificate itself and keeps it in a Secret that all replicas share. The replica that writes the Secret
 * first wins, and the others read it; renewal relies on the Secret's resource version in the same way. An authority is
 * added to the API server's trust before its certificate is served. A Secret that somebody else wrote is left alone.
 */
final class SelfIssuedSource implements CertificateSource {

    private static final Logger LOG = System.getLogger(SelfIssuedSource.class.getName());
    private static final String TYPE = "kubernetes.io/tls";
    private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    /** Has the digest of the certificate that this application wrote last. */
    private static final String WRITTEN = "migpool.io/certificate-sha256";
    /** cert-manager's, on each Secret that it issues. */
    private static final String CERTIFICATE_NAME = "cert-manager.io/certificate-name";
    /** A lost race is resolved by reading again; several lost races in a row mean that something else is wrong. */
    private static final int ATTEMPTS = 5;

    private final KubernetesClient client;
    private final TlsSettings settings;
    private final Renewal renewal;
    private final WebhookTrust trust;
    private final InstantSource clock;

    SelfIssuedSource(KubernetesClient client, TlsSettings settings, InstantSource clock) {
        this.client = client;
        this.settings = settings;
        this.renewal = new Renewal(settings);
        this.trust = new WebhookTrust(client, settings.webhookConfiguration(), settings.checkInterval(), clock);
        this.clock = clock;
    }

    @Override
    public Offer load() throws CertificateUnavailableException {
        try {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Optional<IssuedCertificates> agreed = readOrWrite();
                if (agreed.isPresent()) {
                    boolean published = trust.publish(agreed.get().authorities());
                    // Another replica may have published it a moment ago.
                    boolean known = published && renewal.isTrustedByNow(agreed.get(), clock.instant());
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
    private Optional<IssuedCertificates> readOrWrite() throws CertificateUnavailableException {
        Secret secret = client.secrets()
                .inNamespace(settings.namespace())
                .withName(settings.secret())
                .get();
        if (secret == null) {
            return written(renewal.first(clock.instant()), Optional.empty());
        }
        String certificate = annotations(secret).get(CERTIFICATE_NAME);
        if (certificate != null) {
            throw foreign("is maintained by cert-manager as Certificate %s".formatted(certificate));
        }
        if (isAppliedOverOurs(secret)) {
            throw foreign("has a certificate that this application did not write");
        }
        Optional<IssuedCertificates> present = read(secret);
        if (present.isEmpty()) {
            return written(renewal.first(clock.instant()), Optional.of(secret));
        }
        Optional<IssuedCertificates> next = renewal.next(present.get(), clock.instant());
        return next.isPresent() ? written(next.get(), Optional.of(secret)) : present;
    }

    private Optional<IssuedCertificates> read(Secret secret) throws CertificateUnavailableException {
        Map<String, String> data = data(secret);
        try {
            return Optional.of(IssuedCertificates.fromSecretData(data));
        } catch (IOException e) {
            if (!data.isEmpty() && !settings.service().equals(labels(secret).get(MANAGED_BY))) {
                throw foreign("was not written by this application (%s)".formatted(e.getMessage()));
            }
            LOG.log(
                    Level.WARNING,
                    "Secret {0}/{1} is unreadable ({2}); replacing it",
                    settings.namespace(),
                    settings.secret(),
                    e.getMessage());
            return Optional.empty();
        }
    }

    private CertificateUnavailableException foreign(String what) {
        return new CertificateUnavailableException(
                "Secret %s/%s %s and stays as it is; to serve its certificate, set migpool.admission.tls.mode to directory; otherwise delete it, and what maintains it, and a new one is issued"
                        .formatted(settings.namespace(), settings.secret(), what));
    }

    /** Returns whether there is a usable certificate that is not ours; applied over it, it left our label in place. */
    private static boolean isAppliedOverOurs(Secret secret) {
        String written = annotations(secret).get(WRITTEN);
        try {
            return written != null && !written.equals(digest(IssuedCertificates.servingFromSecretData(data(secret))));
        } catch (IOException e) {
            return false;
        }
    }

    private static String digest(ServingCertificate certificate) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(certificate.leaf().getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate that was read cannot be written", e);
        }
    }

    private static Map<String, String> data(Secret secret) {
        return Optional.ofNullable(secret.getData()).orElse(Map.of());
    }

    private static Map<String, String> annotations(Secret secret) {
        return Optional.ofNullable(secret.getMetadata().getAnnotations()).orElse(Map.of());
    }

    private static Map<String, String> labels(Secret secret) {
        return Optional.ofNullable(secret.getMetadata().getLabels()).orElse(Map.of());
    }

    private Optional<IssuedCertificates> written(IssuedCertificates certificates, Optional<Secret> replaces) {
        Secret secret = new SecretBuilder()
                .withNewMetadata()
                .withNamespace(settings.namespace())
                .withName(settings.secret())
                .addToLabels(MANAGED_BY, settings.service())
                .addToAnnotations(WRITTEN, digest(certificates.serving()))
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
