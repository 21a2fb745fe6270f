package io.migpool.runtime.http;

import io.helidon.webserver.ProtocolConfigs;
import io.helidon.webserver.spi.ProtocolConfigProvider;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.helidon.webserver.spi.ServerConnectionSelectorProvider;

/**
 * Provides the web server with HTTP/1.1 for sockets that anyone can reach: {@code bounded-http} among a socket's {@code
 * protocols}. There it replaces the server's own, {@code http_1_1}, whose settings it takes too. A socket that does not
 * name it does not get it.
 */
public final class BoundedHttpProvider
        implements ProtocolConfigProvider<BoundedHttpConfig>, ServerConnectionSelectorProvider<BoundedHttpConfig> {

    /** For the service loader. */
    public BoundedHttpProvider() {}

    @Override
    public String configKey() {
        return BoundedHttpConfig.TYPE;
    }

    @Override
    @SuppressWarnings({"deprecation", "removal"}) // The interface still names this type.
    public BoundedHttpConfig create(io.helidon.common.config.Config config, String name) {
        return BoundedHttpConfig.of(config, name);
    }

    @Override
    public String protocolType() {
        return BoundedHttpConfig.TYPE;
    }

    @Override
    public Class<BoundedHttpConfig> protocolConfigType() {
        return BoundedHttpConfig.class;
    }

    @Override
    public ServerConnectionSelector create(String socket, BoundedHttpConfig config, ProtocolConfigs all) {
        return new BoundedHttp(config, System::nanoTime);
    }
}
