package io.migpool.runtime.http;

import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.spi.ProtocolConfig;
import io.migpool.runtime.settings.SettingsReader;
import java.time.Duration;

/**
 * How one socket of the web server bounds its connections.
 *
 * @param name name in the server's configuration
 * @param type {@link #TYPE}, or anything else for a socket that is not to have this protocol
 * @param http settings of HTTP/1.1
 * @param headTimeout how long the headers of a request may take once its first line has arrived
 * @param mostConnections how many connections may be open before one that waits for its client is closed; more than the
 *     requests that are answered at once
 */
record BoundedHttpConfig(String name, String type, Http1Config http, Duration headTimeout, int mostConnections)
        implements ProtocolConfig {

    static final String TYPE = "bounded-http";

    private static final String HEAD_TIMEOUT = "head-timeout";
    private static final String MOST_CONNECTIONS = "max-connections";

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException if a value is invalid; names the key, the value and what would be right
     */
    @SuppressWarnings({"deprecation", "removal"}) // The web server's interface still names this type.
    static BoundedHttpConfig of(io.helidon.common.config.Config config, String name) {
        Http1Config http = Http1Config.builder().config(config).name(name).buildPrototype();
        if (!config.exists()) {
            return new BoundedHttpConfig(name, "not-configured", http, Duration.ZERO, 0);
        }
        Duration headTimeout = config.get(HEAD_TIMEOUT).as(Duration.class).get();
        if (!headTimeout.isPositive()) {
            throw SettingsReader.refusal(
                    config.get(HEAD_TIMEOUT).key().toString(),
                    headTimeout.toString(),
                    "a time above zero, such as PT10S");
        }
        int mostConnections = config.get(MOST_CONNECTIONS).asInt().get();
        if (mostConnections < 1) {
            throw SettingsReader.refusal(
                    config.get(MOST_CONNECTIONS).key().toString(), Integer.toString(mostConnections), "1 or more");
        }
        return new BoundedHttpConfig(name, TYPE, http, headTimeout, mostConnections);
    }
}
