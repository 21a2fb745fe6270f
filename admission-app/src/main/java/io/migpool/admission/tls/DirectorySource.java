package io.migpool.admission.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads {@code tls.crt} and {@code tls.key} from a directory, as a mounted Secret has them. A pair that is only half
 * exchanged does not fit together, is refused, and is read again the next time.
 */
final class DirectorySource implements CertificateSource {

    private final Path directory;

    DirectorySource(Path directory) {
        this.directory = directory;
    }

    @Override
    public ServingCertificate load() throws CertificateUnavailableException {
        Path certificates = directory.resolve("tls.crt");
        Path key = directory.resolve("tls.key");
        try {
            return new ServingCertificate(
                    Pem.certificates(Files.readString(certificates)), Pem.privateKey(Files.readString(key)));
        } catch (IOException | IllegalArgumentException e) {
            throw new CertificateUnavailableException(
                    "no certificate from %s and %s (%s); put a PEM chain and its unencrypted key there"
                            .formatted(certificates, key, e),
                    e);
        }
    }
}
