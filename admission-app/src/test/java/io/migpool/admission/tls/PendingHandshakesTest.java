package io.migpool.admission.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The thread that accepts connections lives through whatever they do. */
@Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PendingHandshakesTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final CountDownLatch clientReads = new CountDownLatch(1);
    private long now;
    private final PendingHandshakes handshakes = new PendingHandshakes(new HandshakeBounds(TIMEOUT, 2), () -> now);

    @AfterEach
    void end() {
        clientReads.countDown();
    }

    @Test
    void aConnectionWhoseClosingWaitsForItsClientHoldsUpNoOther() {
        Handshaking stubborn = new Handshaking();
        Handshaking silent = new Handshaking();
        handshakes.add(stubborn);
        handshakes.add(silent);
        now += TIMEOUT.toNanos() + 1;

        handshakes.closeLate();

        await().until(() -> stubborn.isClosing() && silent.isClosing());
    }

    @Test
    void theOldestGivesWayEvenIfItsClosingWaitsForItsClient() {
        Handshaking stubborn = new Handshaking();
        handshakes.add(stubborn);
        handshakes.add(new Handshaking());

        handshakes.add(new Handshaking());

        await().until(stubborn::isClosing);
    }

    @Test
    void aHandshakeThatEndsWhileItIsAskedAboutIsOver() {
        Handshaking ending = new Handshaking() {
            @Override
            public String getApplicationProtocol() {
                return "";
            }

            @Override
            public SSLSession getHandshakeSession() {
                throw new NullPointerException("handshakeContext");
            }
        };
        handshakes.add(ending);
        now += TIMEOUT.toNanos() + 1;

        handshakes.closeLate();
        handshakes.add(new Handshaking());
        handshakes.add(new Handshaking());

        assertThat(ending.isClosing()).isFalse();
    }

    /** A handshake with a client that reads nothing. */
    private class Handshaking extends UnusedTlsSocket {

        private volatile boolean closing;

        boolean isClosing() {
            return closing;
        }

        @Override
        public void close() {
            closing = true;
            try {
                clientReads.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
