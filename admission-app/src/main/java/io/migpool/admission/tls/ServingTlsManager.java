package io.migpool.admission.tls;

import io.helidon.common.tls.Tls;
import io.helidon.common.tls.TlsConfig;
import io.helidon.common.tls.TlsManager;
import java.security.GeneralSecurityException;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509KeyManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Gives the web server a TLS context over a key manager that replaces its certificate itself, so that nothing has to be
 * reloaded, and that bounds handshakes. The server calls {@link #init} before anything else.
 */
final class ServingTlsManager implements TlsManager {

    private final String name;
    private final HandshakeBounds bounds;
    private final Supplier<X509KeyManager> keys;
    private volatile @Nullable SSLContext context;

    /**
     * Creates a manager that is not initialised yet.
     *
     * @param name name in the server's configuration
     * @param bounds of handshakes
     * @param keys called once, in {@link #init}
     */
    ServingTlsManager(String name, HandshakeBounds bounds, Supplier<X509KeyManager> keys) {
        this.name = name;
        this.bounds = bounds;
        this.keys = keys;
    }

    @Override
    public void init(TlsConfig tls) {
        try {
            SSLContext created = SSLContext.getInstance(tls.protocol());
            created.init(new KeyManager[] {keys.get()}, null, null);
            context = new BoundedContext(created, bounds);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no TLS context for protocol " + tls.protocol(), e);
        }
    }

    @Override
    public void reload(Tls tls) {
        // The key manager replaces its certificate itself.
    }

    @Override
    public SSLContext sslContext() {
        SSLContext initialised = context;
        if (initialised == null) {
            throw new IllegalStateException("init has not been called");
        }
        return initialised;
    }

    @Override
    public Optional<X509KeyManager> keyManager() {
        return Optional.empty();
    }

    @Override
    public Optional<X509TrustManager> trustManager() {
        return Optional.empty();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String type() {
        return ServingTlsManagerProvider.KEY;
    }
}
