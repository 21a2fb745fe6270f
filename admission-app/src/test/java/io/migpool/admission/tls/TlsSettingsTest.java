package io.migpool.admission.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TlsSettingsTest {

    @Test
    void aCertificateMustNotExpireBetweenChecks() {
        assertThat(settings(Duration.ofHours(4), Duration.ofHours(12)).checkInterval())
                .isEqualTo(Duration.ofHours(4));
        assertThatThrownBy(() -> settings(Duration.ofHours(5), Duration.ofHours(12)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("migpool.admission.tls.check-interval is 'PT5H'; expected no more than")
                .hasMessageContaining("a third of migpool.admission.tls.certificate-life, PT12H");
    }

    @Test
    void anAuthorityMustLiveAsLongAsItsCertificates() {
        assertThatThrownBy(() -> settings(Duration.ofMinutes(1), Duration.ofDays(1001)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("migpool.admission.tls.authority-life is 'PT24000H'; expected");
    }

    private static TlsSettings settings(Duration checkInterval, Duration certificateLife) {
        return new TlsSettings(
                TlsSettings.Mode.SELF,
                Path.of("unused"),
                checkInterval,
                "pool",
                "webhook",
                "webhook-tls",
                "webhook",
                List.of(),
                certificateLife,
                Duration.ofDays(1000));
    }
}
