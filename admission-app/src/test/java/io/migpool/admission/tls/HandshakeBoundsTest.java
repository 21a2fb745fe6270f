package io.migpool.admission.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HandshakeBoundsTest {

    @Test
    void bothAreRead() {
        assertThat(bounds("PT5S", "3")).isEqualTo(new HandshakeBounds(Duration.ofSeconds(5), 3));
    }

    @ParameterizedTest
    @CsvSource({
        "PT0S, 1, 'handshake-timeout is ''PT0S''; expected a time above zero, such as PT5S'",
        "PT5S, 0, max-handshakes is '0'; expected 1 or more",
    })
    void whatServesNobodyIsRefused(String timeout, String most, String message) {
        assertThatThrownBy(() -> bounds(timeout, most))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private static HandshakeBounds bounds(String timeout, String most) {
        return HandshakeBounds.of(
                Config.just(ConfigSources.create(Map.of("handshake-timeout", timeout, "max-handshakes", most))));
    }
}
