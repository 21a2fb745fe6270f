package io.migpool.admission.tls;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashSet;
import java.util.List;
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
record TlsSettings(
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

    private static final String PREFIX = "migpool.admission.";

    /** Where the certificate comes from. */
    enum Mode {
        /** Files that something else keeps up to date, for example a mounted Secret of cert-manager. */
        DIRECTORY,
        /** The application issues and renews it, and keeps it in a Secret that all replicas share. */
        SELF
    }

    TlsSettings {
        additionalNames = additionalNames.stream().map(TlsSettings::canonical).toList();
        requirePositive("tls.check-interval", checkInterval);
        requirePositive("tls.certificate-life", certificateLife);
        if (checkInterval.compareTo(certificateLife.dividedBy(Renewal.PARTS_OF_LIFE)) > 0) {
            throw new IllegalArgumentException(
                    "%stls.check-interval is %s; it must not be longer than a third of tls.certificate-life, %s, or certificates expire between checks"
                            .formatted(PREFIX, checkInterval, certificateLife));
        }
        if (authorityLife.compareTo(certificateLife) < 0) {
            throw new IllegalArgumentException(
                    "%stls.authority-life is %s; it must not be shorter than tls.certificate-life, %s"
                            .formatted(PREFIX, authorityLife, certificateLife));
        }
    }

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException if a value is invalid; names the key, the value and what would be right
     */
    static TlsSettings of(Config config) {
        return new TlsSettings(
                mode(string(config, "tls.mode")),
                Path.of(string(config, "tls.directory")),
                duration(config, "tls.check-interval"),
                string(config, "namespace"),
                string(config, "service"),
                string(config, "tls.secret"),
                string(config, "webhook-configuration"),
                config.getOptionalValues(PREFIX + "tls.additional-names", String.class)
                        .orElse(List.of()),
                duration(config, "tls.certificate-life"),
                duration(config, "tls.authority-life"));
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

    private static Mode mode(String value) {
        return switch (value) {
            case "directory" -> Mode.DIRECTORY;
            case "self" -> Mode.SELF;
            default ->
                throw new IllegalArgumentException(
                        "%stls.mode is %s; it must be directory or self".formatted(PREFIX, value));
        };
    }

    private static String string(Config config, String key) {
        return config.getValue(PREFIX + key, String.class);
    }

    private static Duration duration(Config config, String key) {
        String value = string(config, key);
        try {
            return Duration.parse(value);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "%s%s is %s; write an ISO 8601 duration, for example PT10S or P90D".formatted(PREFIX, key, value),
                    e);
        }
    }

    private static void requirePositive(String key, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException("%s%s is %s; it must be above 0".formatted(PREFIX, key, value));
        }
    }
}
