package io.migpool.admission.tls;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * A certificate chain and the private key of its first certificate.
 *
 * @param chain leaf first, at least one
 * @param key the leaf's private key, EC or RSA
 */
record ServingCertificate(List<X509Certificate> chain, PrivateKey key) {

    private static final byte[] PROBE = {1, 2, 3};

    ServingCertificate {
        chain = List.copyOf(chain);
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("a certificate chain without certificates; at least one is needed");
        }
        requirePair(chain.getFirst(), key);
    }

    X509Certificate leaf() {
        return chain.getFirst();
    }

    Instant notAfter() {
        return leaf().getNotAfter().toInstant();
    }

    /** @throws IllegalArgumentException if the key is not that of the certificate */
    static void requirePair(X509Certificate certificate, PrivateKey key) {
        if (!belongTogether(key, certificate.getPublicKey())) {
            throw new IllegalArgumentException(
                    "the private key does not belong to the certificate of %s; they must be a pair"
                            .formatted(certificate.getSubjectX500Principal()));
        }
    }

    private static boolean belongTogether(PrivateKey key, PublicKey certified) {
        if (!key.getAlgorithm().equals(certified.getAlgorithm())) {
            return false;
        }
        String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256with" + key.getAlgorithm();
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(PROBE);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(PROBE);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "%s keys are not supported; use EC or RSA".formatted(key.getAlgorithm()), e);
        }
    }
}
