package io.migpool.admission.tls;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides when what has to be renewed; pure but for the making of keys. Everything is renewed after two thirds of its
 * life, one step at a time: first a new authority is made known beside the old one, and only a while later, when clients
 * trust it, it signs the serving certificate.
 */
final class Renewal {

    private static final int PARTS_OF_LIFE = 3;
    /** Type of a DNS name and of an address in {@link X509Certificate#getSubjectAlternativeNames()}. */
    private static final Set<Integer> NAME_TYPES = Set.of(2, 7);

    private final TlsSettings settings;

    Renewal(TlsSettings settings) {
        this.settings = settings;
    }

    /** Certificates where there were none. */
    IssuedCertificates first(Instant now) {
        CertificateAuthority authority = newAuthority(now);
        return new IssuedCertificates(List.of(authority.certificate()), authority.key(), issue(authority, now));
    }

    /** The next step; empty if nothing is due. */
    Optional<IssuedCertificates> next(IssuedCertificates present, Instant now) {
        CertificateAuthority newest = present.newestAuthority();
        if (isDue(newest.certificate(), now)) {
            CertificateAuthority authority = newAuthority(now);
            return Optional.of(new IssuedCertificates(
                    withValid(authority.certificate(), present.authorities(), now),
                    authority.key(),
                    present.serving()));
        }
        X509Certificate leaf = present.serving().leaf();
        boolean superseded = !present.isServingFromNewest() && isKnown(newest.certificate(), now);
        if (isDue(leaf, now) || superseded || !carries(leaf, settings.certifiedNames())) {
            return Optional.of(new IssuedCertificates(
                    withValid(newest.certificate(), present.authorities(), now), newest.key(), issue(newest, now)));
        }
        return Optional.empty();
    }

    private CertificateAuthority newAuthority(Instant now) {
        // The time keeps the names of successive authorities apart, by which issuers are found.
        String name = "%s authority %s".formatted(settings.service(), now);
        return CertificateAuthority.create(name, now, settings.authorityLife());
    }

    private ServingCertificate issue(CertificateAuthority authority, Instant now) {
        Duration left =
                Duration.between(now, authority.certificate().getNotAfter().toInstant());
        Duration life = left.compareTo(settings.certificateLife()) < 0 ? left : settings.certificateLife();
        return authority.issue(settings.certifiedNames(), now, life);
    }

    /** Whether clients have had the time to learn of an authority. */
    private boolean isKnown(X509Certificate authority, Instant now) {
        return !now.isBefore(CertificateAuthority.issuedAt(authority).plus(settings.checkInterval()));
    }

    private static boolean isDue(X509Certificate certificate, Instant now) {
        Instant end = certificate.getNotAfter().toInstant();
        Duration life = Duration.between(CertificateAuthority.issuedAt(certificate), end);
        return !now.isBefore(end.minus(life.dividedBy(PARTS_OF_LIFE)));
    }

    private static List<X509Certificate> withValid(
            X509Certificate newest, List<X509Certificate> authorities, Instant now) {
        List<X509Certificate> valid = new ArrayList<>(List.of(newest));
        authorities.stream()
                .filter(authority -> !authority.equals(newest))
                .filter(authority -> authority.getNotAfter().toInstant().isAfter(now))
                .forEach(valid::add);
        return valid;
    }

    private static boolean carries(X509Certificate certificate, Collection<String> names) {
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            Set<Object> carried = new HashSet<>();
            if (alternatives != null) {
                alternatives.stream()
                        .filter(alternative -> NAME_TYPES.contains(alternative.get(0)))
                        .forEach(alternative -> carried.add(alternative.get(1)));
            }
            return carried.containsAll(names);
        } catch (CertificateParsingException e) {
            // Unreadable names are as good as none: the certificate is issued anew.
            return false;
        }
    }
}
