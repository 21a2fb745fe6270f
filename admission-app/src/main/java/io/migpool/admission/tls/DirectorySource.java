package io.migpool.admission.tls;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Predicate;

/**
 * Reads {@code tls.crt} and {@code tls.key} from a directory, as a mounted Secret has them. A pair that is only half
 * replaced does not match; it is rejected and read again at the next check. If the Secret names its authority ({@code
 * ca.crt}), the source makes the API server trust it; a failure to do so does not prevent serving.
 */
final class DirectorySource implements CertificateSource {

    private static final Logger LOG = System.getLogger(DirectorySource.class.getName());

    private final Path directory;
    private final Predicate<List<X509Certificate>> trust;
    private String complaint = "";

    /**
     * Creates a source that reads files.
     *
     * @param directory directory of the files
     * @param trust makes the API server trust authorities, and returns whether it did before
     */
    DirectorySource(Path directory, Predicate<List<X509Certificate>> trust) {
        this.directory = directory;
        this.trust = trust;
    }

    @Override
    public Offer load() throws CertificateUnavailableException {
        Path certificates = directory.resolve("tls.crt");
        Path key = directory.resolve("tls.key");
        try {
            ServingCertificate serving = new ServingCertificate(
                    Pem.certificates(Files.readString(certificates)), Pem.privateKey(Files.readString(key)));
            return new Offer(serving, publishAuthority(directory.resolve("ca.crt")));
        } catch (IOException | IllegalArgumentException e) {
            throw new CertificateUnavailableException(
                    "no certificate from %s and %s (%s); put a PEM chain and its unencrypted key there"
                            .formatted(certificates, key, e),
                    e);
        }
    }

    private boolean publishAuthority(Path file) {
        if (!Files.exists(file)) {
            return true;
        }
        try {
            boolean known = trust.test(Pem.certificates(Files.readString(file)));
            complaint = "";
            return known;
        } catch (IOException | RuntimeException e) {
            // The client passes on some failures of its transport unwrapped, so its own exception is not enough.
            String text = "cannot make the API server trust %s: %s".formatted(file, e);
            if (!text.equals(complaint)) {
                complaint = text;
                LOG.log(Level.WARNING, text);
            }
            return false;
        }
    }
}
