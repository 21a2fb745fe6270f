package io.migpool.admission.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.migpool.admission.tls.CertificateSource.Offer;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectorySourceTest {

    private final Instant now = Instant.now();
    private final CertificateAuthority authority = CertificateAuthority.create("test", now, Duration.ofDays(2));

    @TempDir
    Path directory;

    private final List<X509Certificate> published = new ArrayList<>();

    @Test
    void aPairIsRead() throws Exception {
        ServingCertificate certificate = issue();
        write(Pem.write(certificate.chain()), Pem.write(certificate.key()));

        assertThat(source().load()).isEqualTo(new Offer(certificate, true));
    }

    @Test
    void keysInOpenSslsOldFormsAreRead() throws Exception {
        ServingCertificate certificate = issue();
        write(Pem.write(certificate.chain()), sec1((ECPrivateKey) certificate.key()));

        assertThat(source().load().certificate().leaf()).isEqualTo(certificate.leaf());

        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair rsa = generator.generateKeyPair();
        StringWriter pkcs1 = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(pkcs1)) {
            writer.writeObject(rsa.getPrivate());
        }
        assertThat(pkcs1.toString()).contains("BEGIN RSA PRIVATE KEY");
        assertThat(Pem.privateKey(pkcs1.toString())).isEqualTo(rsa.getPrivate());
    }

    @Test
    void missingFilesAreNamed() {
        assertThatThrownBy(() -> source().load())
                .isInstanceOf(CertificateUnavailableException.class)
                .hasMessageContaining(directory.resolve("tls.crt").toString());
    }

    @Test
    void aPairThatIsOnlyHalfExchangedIsRefused() throws Exception {
        write(Pem.write(issue().chain()), Pem.write(issue().key()));

        assertThatThrownBy(() -> source().load())
                .isInstanceOf(CertificateUnavailableException.class)
                .hasMessageContaining("does not belong to the certificate");
    }

    @Test
    void textThatIsNoPemIsRefused() throws Exception {
        write("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", Pem.write(issue().key()));
        assertThatThrownBy(() -> source().load()).isInstanceOf(CertificateUnavailableException.class);

        write("", Pem.write(issue().key()));
        assertThatThrownBy(() -> source().load())
                .isInstanceOf(CertificateUnavailableException.class)
                .hasMessageContaining("no BEGIN CERTIFICATE block");
    }

    @Test
    void theAuthorityOfTheSecretIsPublishedAndMayChange() throws Exception {
        ServingCertificate certificate = issue();
        write(Pem.write(certificate.chain()), Pem.write(certificate.key()));
        source().load();
        assertThat(published).isEmpty();

        Files.writeString(directory.resolve("ca.crt"), "# the issuer\n" + Pem.write(List.of(authority.certificate())));
        source().load();

        assertThat(published).containsExactly(authority.certificate());
    }

    @Test
    void anAuthorityThatCannotBePublishedKeepsNobodyFromServing() throws Exception {
        ServingCertificate certificate = issue();
        write(Pem.write(certificate.chain()), Pem.write(certificate.key()));
        Files.writeString(directory.resolve("ca.crt"), Pem.write(List.of(authority.certificate())));
        for (RuntimeException failure : List.of(
                new KubernetesClientException("forbidden"), new UncheckedIOException(new IOException("reset")))) {
            DirectorySource refused = new DirectorySource(directory, bundle -> {
                throw failure;
            });
            assertThat(refused.load()).isEqualTo(new Offer(certificate, false));
        }

        Files.writeString(directory.resolve("ca.crt"), "no PEM");
        assertThat(source().load()).isEqualTo(new Offer(certificate, false));
        assertThat(published).isEmpty();
    }

    private DirectorySource source() {
        return new DirectorySource(directory, published::addAll);
    }

    /**
     * Returns a key as OpenSSL writes it with {@code ecparam -genkey}: the curve in a block of its own and in the key.
     */
    private static String sec1(ECPrivateKey key) throws IOException {
        var curve = SECObjectIdentifiers.secp256r1;
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            writer.writeObject(new PemObject("EC PARAMETERS", curve.getEncoded()));
            writer.writeObject(new PemObject(
                    "EC PRIVATE KEY", new org.bouncycastle.asn1.sec.ECPrivateKey(256, key.getS(), curve).getEncoded()));
        }
        return text.toString();
    }

    private ServingCertificate issue() {
        return authority.issue(List.of("localhost"), now, Duration.ofDays(1));
    }

    private void write(String certificates, String key) throws IOException {
        Files.writeString(directory.resolve("tls.crt"), certificates);
        Files.writeString(directory.resolve("tls.key"), key);
    }
}
