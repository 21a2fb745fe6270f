package io.migpool.admission.tls;

import io.helidon.common.tls.TlsManager;
import io.helidon.common.tls.spi.TlsManagerProvider;
import jakarta.enterprise.inject.spi.CDI;

/**
 * Provides the certificate to the web server, under {@code server.tls.manager.migpool} in its configuration. The server
 * sets up TLS outside CDI, so this is the only class that looks up a bean in the container.
 */
public final class ServingTlsManagerProvider implements TlsManagerProvider {

    static final String KEY = "migpool";

    /** For the service loader. */
    public ServingTlsManagerProvider() {}

    @Override
    public String configKey() {
        return KEY;
    }

    @Override
    @SuppressWarnings("removal") // The interface still names this type.
    public TlsManager create(io.helidon.common.config.Config config, String name) {
        return new ServingTlsManager(
                name,
                HandshakeBounds.of(config),
                () -> CDI.current().select(CertificateKeeper.class).get().keyManager());
    }
}
