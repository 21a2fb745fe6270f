package io.migpool.admission.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Certificates for localhost, and clients that trust exactly them. */
public final class TestCertificates {

    private final CertificateAuthority authority =
            CertificateAuthority.create("test " + Instant.now(), Instant.now(), Duration.ofDays(2));

    /** Writes a new pair for localhost as {@code tls.crt} and {@code tls.key}. */
    public void writeTo(Path directory) throws IOException {
        ServingCertificate certificate =
                authority.issue(List.of("localhost", "127.0.0.1"), Instant.now(), Duration.ofDays(1));
        Files.writeString(directory.resolve("tls.crt"), Pem.write(certificate.chain()));
        Files.writeString(directory.resolve("tls.key"), Pem.write(certificate.key()));
    }

    /** A client's context that trusts this authority and no other. */
    public SSLContext trusting() throws GeneralSecurityException, IOException {
        return trusting(List.of(authority.certificate()));
    }

    /** A client's context that trusts the authorities of a PEM text and no other. */
    public static SSLContext trusting(String pem) throws GeneralSecurityException, IOException {
        return trusting(Pem.certificates(pem));
    }

    /** The first of the authorities of a PEM text, as PEM. */
    public static String first(String pem) throws IOException {
        return Pem.write(List.of(Pem.certificates(pem).getFirst()));
    }

    private static SSLContext trusting(List<X509Certificate> authorities) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (X509Certificate authority : authorities) {
            store.setCertificateEntry(authority.getSubjectX500Principal().getName(), authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
