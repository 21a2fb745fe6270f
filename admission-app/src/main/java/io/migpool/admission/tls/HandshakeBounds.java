package io.migpool.admission.tls;

import io.migpool.runtime.settings.SettingsReader;
import java.time.Duration;

/**
 * What clients may hold before they are known to speak TLS.
 *
 * @param timeout how long a handshake may take
 * @param most how many handshakes may be in progress before the oldest is broken off
 */
record HandshakeBounds(Duration timeout, int most) {

    private static final String TIMEOUT = "handshake-timeout";
    private static final String MOST = "max-handshakes";

    /**
     * Reads the bounds.
     *
     * @throws IllegalArgumentException if a value is invalid; names the key, the value and what would be right
     */
    @SuppressWarnings({"deprecation", "removal"}) // The web server's interface still names this type.
    static HandshakeBounds of(io.helidon.common.config.Config config) {
        Duration timeout = config.get(TIMEOUT).as(Duration.class).get();
        if (!timeout.isPositive()) {
            throw SettingsReader.refusal(
                    config.get(TIMEOUT).key().toString(), timeout.toString(), "a time above zero, such as PT5S");
        }
        int most = config.get(MOST).asInt().get();
        if (most < 1) {
            throw SettingsReader.refusal(config.get(MOST).key().toString(), Integer.toString(most), "1 or more");
        }
        return new HandshakeBounds(timeout, most);
    }
}
