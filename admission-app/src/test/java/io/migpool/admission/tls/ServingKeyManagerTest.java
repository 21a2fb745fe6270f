package io.migpool.admission.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServingKeyManagerTest {

    private final ServingKeyManager keys = new ServingKeyManager();
    private final ServingCertificate first = certificate();
    private final ServingCertificate second = certificate();

    @Test
    void beforeTheFirstCertificateThereIsNothingToChoose() {
        assertThat(keys.chooseServerAlias("EC", null, null)).isNull();
        assertThat(keys.current()).isEmpty();
    }

    @Test
    void onlyTheAlgorithmOfTheKeyIsOffered() {
        keys.present(first);

        assertThat(keys.chooseServerAlias("EC", null, null)).isNotNull();
        assertThat(keys.chooseEngineServerAlias("EC", null, null)).isNotNull();
        assertThat(keys.chooseServerAlias("RSA", null, null)).isNull();
    }

    @Test
    void aHandshakeUnderWayKeepsItsPairWhileTheCertificateIsExchanged() {
        keys.present(first);
        String underWay = keys.chooseServerAlias("EC", null, null);

        assertThat(keys.present(second)).isTrue();

        assertThat(keys.getCertificateChain(underWay)).containsExactly(first.leaf());
        assertThat(keys.getPrivateKey(underWay)).isEqualTo(first.key());
        String next = keys.chooseServerAlias("EC", null, null);
        assertThat(keys.getCertificateChain(next)).containsExactly(second.leaf());
        assertThat(keys.getPrivateKey(next)).isEqualTo(second.key());
    }

    @Test
    void theSameCertificateAgainIsNoExchange() {
        assertThat(keys.present(first)).isTrue();
        assertThat(keys.present(first)).isFalse();
    }

    @Test
    void anUnknownAliasHasNothing() {
        keys.present(first);

        assertThat(keys.getCertificateChain("other")).isNull();
        assertThat(keys.getPrivateKey(null)).isNull();
    }

    private static ServingCertificate certificate() {
        Instant now = Instant.now();
        return CertificateAuthority.create("test", now, Duration.ofDays(2))
                .issue(List.of("localhost"), now, Duration.ofDays(1));
    }
}
