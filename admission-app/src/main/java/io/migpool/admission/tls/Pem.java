package io.migpool.admission.tls;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/** Certificates and private keys as text: PKCS#8, PKCS#1 and SEC 1 keys are read, PKCS#8 is written. */
final class Pem {

    private Pem() {}

    /** Returns the certificates in a text, in order. */
    static List<X509Certificate> certificates(String text) throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Object element : elements(text)) {
            if (element instanceof X509CertificateHolder holder) {
                try {
                    certificates.add(new JcaX509CertificateConverter().getCertificate(holder));
                } catch (CertificateException e) {
                    throw new IOException("a certificate cannot be read: " + e.getMessage(), e);
                }
            }
        }
        if (certificates.isEmpty()) {
            throw new IOException("there is no BEGIN CERTIFICATE block");
        }
        return certificates;
    }

    /** Returns the first private key in a text; it must not be encrypted. */
    static PrivateKey privateKey(String text) throws IOException {
        for (Object element : elements(text)) {
            if (element instanceof PEMKeyPair pair) {
                return new JcaPEMKeyConverter().getPrivateKey(pair.getPrivateKeyInfo());
            }
            if (element instanceof PrivateKeyInfo key) {
                return new JcaPEMKeyConverter().getPrivateKey(key);
            }
        }
        throw new IOException("there is no unencrypted PRIVATE KEY block");
    }

    static String write(List<X509Certificate> certificates) {
        try {
            List<PemObject> blocks = new ArrayList<>();
            for (X509Certificate certificate : certificates) {
                blocks.add(new PemObject("CERTIFICATE", certificate.getEncoded()));
            }
            return write(blocks.toArray(PemObject[]::new));
        } catch (CertificateException e) {
            throw new IllegalArgumentException("a certificate cannot be written", e);
        }
    }

    static String write(PrivateKey key) {
        return write(new PemObject("PRIVATE KEY", key.getEncoded()));
    }

    private static String write(PemObject... blocks) {
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            for (PemObject block : blocks) {
                writer.writeObject(block);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static List<Object> elements(String text) throws IOException {
        List<Object> elements = new ArrayList<>();
        try (PEMParser parser = new PEMParser(new StringReader(text))) {
            for (Object element = parser.readObject(); element != null; element = parser.readObject()) {
                elements.add(element);
            }
        } catch (IllegalArgumentException e) {
            throw new IOException("a PEM block cannot be read: " + e.getMessage(), e);
        }
        return elements;
    }
}
