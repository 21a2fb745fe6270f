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
 * Decides what to renew and when; pure except for generating keys. Everything is renewed after two thirds of its life,
 * or if it is not valid yet because it was issued by a clock that was ahead. One step at a time: first a new authority
 * is published alongside the old one, and only later, when clients trust it, does it sign the serving certificate.
 */
final class Renewal {

    /** The last of so many parts of a certificate's life remains when it is renewed. */
    static final int PARTS_OF_LIFE = 3;
    /** Type of a DNS name and of an address in {@link X509Certificate#getSubjectAlternativeNames()}. */
    private static final Set<Integer> NAME_TYPES = Set.of(2, 7);

    private final TlsSettings settings;

    Renewal(TlsSettings settings) {
        this.settings = settings;
    }

    /** Returns the first certificates. */
    IssuedCertificates first(Instant now) {
        CertificateAuthority authority = newAuthority(now);
        return new IssuedCertificates(List.of(authority.certificate()), authority.key(), issue(authority, now));
    }

    /** Returns the next step; empty if nothing is due. */
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

    /** Returns whether clients have had time to learn of the authority that signed the serving certificate. */
    boolean isTrustedByNow(IssuedCertificates present, Instant now) {
        return !present.isServingFromNewest() || isKnown(present.authorities().getFirst(), now);
    }

    private CertificateAuthority newAuthority(Instant now) {
        // Issuers are found by name; the time makes the names of successive authorities differ.
        String name = "%s authority %s".formatted(settings.service(), now);
        return CertificateAuthority.create(name, now, settings.authorityLife());
    }

    private ServingCertificate issue(CertificateAuthority authority, Instant now) {
        Duration left =
                Duration.between(now, authority.certificate().getNotAfter().toInstant());
        Duration life = left.compareTo(settings.certificateLife()) < 0 ? left : settings.certificateLife();
        return authority.issue(settings.certifiedNames(), now, life);
    }

    /** Returns whether clients have had time to learn of an authority. */
    private boolean isKnown(X509Certificate authority, Instant now) {
        return !now.isBefore(CertificateAuthority.issuedAt(authority).plus(settings.checkInterval()));
    }

    private static boolean isDue(X509Certificate certificate, Instant now) {
        Instant end = certificate.getNotAfter().toInstant();
        Duration life = Duration.between(CertificateAuthority.issuedAt(certificate), end);
        boolean isEarly = now.isBefore(certificate.getNotBefore().toInstant());
        return isEarly || !now.isBefore(end.minus(life.dividedBy(PARTS_OF_LIFE)));
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
            // Unreadable names count as none: a new certificate is issued.
            return false;
        }
    }
}
