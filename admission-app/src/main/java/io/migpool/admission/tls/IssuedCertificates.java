package io.migpool.admission.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * What replicas share about issued certificates: the content of the Secret.
 *
 * @param authorities authorities that clients must trust, newest first, at least one; an older one stays until it
 *     expires, because a replica may still serve a certificate that it signed
 * @param authorityKey private key of the newest authority
 * @param serving the certificate to serve; may still be signed by an older authority
 */
record IssuedCertificates(List<X509Certificate> authorities, PrivateKey authorityKey, ServingCertificate serving) {

    private static final String AUTHORITIES = "ca.crt";
    private static final String AUTHORITY_KEY = "ca.key";
    private static final String CHAIN = "tls.crt";
    private static final String KEY = "tls.key";

    IssuedCertificates {
        authorities = List.copyOf(authorities);
        if (authorities.isEmpty()) {
            throw new IllegalArgumentException("no authority; the newest one is needed to renew the certificate");
        }
        // Whoever else writes the Secret may have replaced one of the two.
        ServingCertificate.requirePair(authorities.getFirst(), authorityKey);
    }

    CertificateAuthority newestAuthority() {
        return new CertificateAuthority(authorities.getFirst(), authorityKey);
    }

    /** Returns whether the serving certificate is signed by the newest authority. */
    boolean isServingFromNewest() {
        return serving.leaf()
                .getIssuerX500Principal()
                .equals(authorities.getFirst().getSubjectX500Principal());
    }

    /** Returns the data of a Secret of type {@code kubernetes.io/tls}, in base64. */
    Map<String, String> toSecretData() {
        return Map.of(
                AUTHORITIES, encode(Pem.write(authorities)),
                AUTHORITY_KEY, encode(Pem.write(authorityKey)),
                CHAIN, encode(Pem.write(serving.chain())),
                KEY, encode(Pem.write(serving.key())));
    }

    /**
     * Reads the data of a Secret.
     *
     * @throws IOException if a key is missing or its content cannot be read
     */
    static IssuedCertificates fromSecretData(Map<String, String> data) throws IOException {
        try {
            return new IssuedCertificates(
                    Pem.certificates(decode(data, AUTHORITIES)),
                    Pem.privateKey(decode(data, AUTHORITY_KEY)),
                    servingFromSecretData(data));
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /**
     * Reads only the certificate to serve from the data of a Secret.
     *
     * @throws IOException if it or its key is missing or cannot be read
     */
    static ServingCertificate servingFromSecretData(Map<String, String> data) throws IOException {
        try {
            return new ServingCertificate(Pem.certificates(decode(data, CHAIN)), Pem.privateKey(decode(data, KEY)));
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static String encode(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String decode(Map<String, String> data, String key) throws IOException {
        String encoded = data.get(key);
        if (encoded == null) {
            throw new IOException(key + " is missing");
        }
        return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
    }
}
