package io.migpool.testbed.e2e;

import io.migpool.testbed.SelfSigned;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Map;

/**
 * A certificate that its own authority is, as a user gives it.
 *
 * @param data the data of its Secret, in base64
 */
record GivenCertificate(Map<String, String> data) {

    /** Creates one for one DNS name. */
    static GivenCertificate create(Path directory, String name)
            throws IOException, InterruptedException, GeneralSecurityException {
        SelfSigned given = SelfSigned.create(directory, "dns:" + name);
        return new GivenCertificate(
                Map.of("tls.crt", given.certificate(), "tls.key", given.key(), "ca.crt", given.certificate()));
    }
}
