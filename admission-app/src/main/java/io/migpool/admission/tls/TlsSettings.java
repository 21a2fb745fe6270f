package io.migpool.admission.tls;

import io.migpool.runtime.settings.SettingsReader;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.Config;

/**
 * Settings under {@code migpool.admission}; read once, as the sockets are.
 *
 * @param mode where the certificate comes from
 * @param directory where {@code tls.crt} and {@code tls.key} are, in mode {@link Mode#DIRECTORY}
 * @param checkInterval time between checks of the source, above 0 and at most a third of {@code certificateLife}
 * @param namespace where the application, its Service and its Secret are
 * @param service the Service that the API server calls
 * @param secret name of the Secret with the issued certificates, in mode {@link Mode#SELF}
 * @param webhookConfiguration MutatingWebhookConfiguration that must trust the issued certificates
 * @param additionalNames DNS names and IP addresses to certify in addition to those of the Service
 *     ({@code migpool.admission.tls.additional-names})
 * @param certificateLife how long a serving certificate is valid, above 0
 * @param authorityLife how long an authority is valid, at least as long as a serving certificate
 */
public record TlsSettings(
        Mode mode,
        Path directory,
        Duration checkInterval,
        String namespace,
        String service,
        String secret,
        String webhookConfiguration,
        List<String> additionalNames,
        Duration certificateLife,
        Duration authorityLife) {

    private static final String CHECK_INTERVAL = "migpool.admission.tls.check-interval";
    private static final String AUTHORITY_LIFE = "migpool.admission.tls.authority-life";

    /** Where the certificate comes from. */
    public enum Mode {
        /** Files that something else keeps up to date, for example a mounted Secret of cert-manager. */
        DIRECTORY,
        /** The application issues and renews it, and keeps it in a Secret that all replicas share. */
        SELF
    }

    public TlsSettings {
        additionalNames = additionalNames.stream().map(TlsSettings::canonical).toList();
        if (checkInterval.compareTo(certificateLife.dividedBy(Renewal.PARTS_OF_LIFE)) > 0) {
            throw SettingsReader.refusal(
                    CHECK_INTERVAL,
                    checkInterval.toString(),
                    "no more than a third of migpool.admission.tls.certificate-life, %s, or certificates expire between checks"
                            .formatted(certificateLife));
        }
        if (authorityLife.compareTo(certificateLife) < 0) {
            throw SettingsReader.refusal(
                    AUTHORITY_LIFE,
                    authorityLife.toString(),
                    "no less than migpool.admission.tls.certificate-life, " + certificateLife);
        }
    }

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException if a value is invalid; names the key, the value and what would be right
     */
    static TlsSettings of(Config config) {
        SettingsReader own = new SettingsReader(config);
        return new TlsSettings(
                own.choice("migpool.admission.tls.mode", Map.of("directory", Mode.DIRECTORY, "self", Mode.SELF)),
                own.path("migpool.admission.tls.directory"),
                own.positiveDuration(CHECK_INTERVAL),
                own.text("migpool.admission.namespace"),
                own.text("migpool.admission.service"),
                own.text("migpool.admission.tls.secret"),
                own.text("migpool.admission.webhook-configuration"),
                own.list("migpool.admission.tls.additional-names"),
                own.positiveDuration("migpool.admission.tls.certificate-life"),
                own.positiveDuration(AUTHORITY_LIFE));
    }

    /** Returns the names that the serving certificate must carry, the first one as its subject. */
    Set<String> certifiedNames() {
        Set<String> names = new LinkedHashSet<>(List.of(
                "%s.%s.svc".formatted(service, namespace),
                "%s.%s.svc.cluster.local".formatted(service, namespace),
                "%s.%s".formatted(service, namespace),
                service));
        names.addAll(additionalNames);
        return names;
    }

    /**
     * Returns an address in the form in which certificates report it, so that names can be compared; other names
     * unchanged.
     */
    private static String canonical(String name) {
        try {
            return InetAddress.ofLiteral(name).getHostAddress();
        } catch (IllegalArgumentException e) {
            return name;
        }
    }
}
