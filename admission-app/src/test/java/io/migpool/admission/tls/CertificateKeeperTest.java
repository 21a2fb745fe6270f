package io.migpool.admission.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.admission.tls.CertificateSource.Offer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class CertificateKeeperTest {

    private static final Duration INTERVAL = Duration.ofMillis(5);

    private Instant now = Instant.EPOCH;

    private final ServingCertificate before = certificate(1);
    private final ServingCertificate after = certificate(2);

    @Test
    void theFirstCertificateWaitsForNothing() {
        assertThat(presentedAtEachCheck(new Offer(before, false), new Offer(before, true)))
                .containsExactly(Optional.empty(), Optional.of(before.notAfter()), Optional.of(before.notAfter()));
    }

    @Test
    void aCertificateWhoseAuthorityHasJustBeenToldIsPresentedFromTheNextCheckOn() {
        assertThat(presentedAtEachCheck(new Offer(before, true), new Offer(after, false), new Offer(after, true)))
                .endsWith(
                        Optional.of(before.notAfter()), Optional.of(before.notAfter()), Optional.of(after.notAfter()));
    }

    @Test
    void aCertificateWhoseAuthorityCannotBeToldIsHeldBackOnce() {
        assertThat(presentedAtEachCheck(new Offer(before, true), new Offer(after, false), new Offer(after, false)))
                .endsWith(
                        Optional.of(before.notAfter()), Optional.of(before.notAfter()), Optional.of(after.notAfter()));
    }

    @Test
    void anEarlyCheckDoesNotShortenTheTimeThatACertificateIsHeldBack() {
        Offer told = new Offer(after, true);
        assertThat(presentedAtEachCheck(
                        INTERVAL.dividedBy(2), new Offer(before, true), new Offer(after, false), told, told, told))
                .endsWith(
                        Optional.of(before.notAfter()),
                        Optional.of(before.notAfter()),
                        Optional.of(before.notAfter()),
                        Optional.of(after.notAfter()),
                        Optional.of(after.notAfter()));
    }

    @Test
    void aCertificateOfAnAuthorityThatIsKnownIsPresentedAtOnce() {
        assertThat(presentedAtEachCheck(new Offer(before, true), new Offer(after, true)))
                .endsWith(Optional.of(before.notAfter()), Optional.of(after.notAfter()));
    }

    /**
     * Returns the expiry times of the served certificate, at each check of the source and once after the last offer.
     */
    private List<Optional<Instant>> presentedAtEachCheck(Offer... offers) {
        return presentedAtEachCheck(INTERVAL, offers);
    }

    private List<Optional<Instant>> presentedAtEachCheck(Duration apart, Offer... offers) {
        List<Optional<Instant>> presented = new CopyOnWriteArrayList<>();
        List<CertificateKeeper> keepers = new ArrayList<>();
        CertificateKeeper keeper = new CertificateKeeper(
                () -> {
                    presented.add(keepers.getFirst().notAfter());
                    now = now.plus(apart);
                    return offers[Math.min(presented.size(), offers.length) - 1];
                },
                INTERVAL,
                () -> now);
        keepers.add(keeper);
        keeper.start();
        try {
            await().until(() -> presented.size() > offers.length);
        } finally {
            keeper.stop();
        }
        return List.copyOf(presented.subList(0, offers.length + 1));
    }

    private static ServingCertificate certificate(int days) {
        Instant now = Instant.now();
        return CertificateAuthority.create("test", now, Duration.ofDays(10))
                .issue(List.of("localhost"), now, Duration.ofDays(days));
    }
}
