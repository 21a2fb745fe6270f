package io.migpool.admission.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.junit.jupiter.api.Test;

class RenewalTest {

    private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");

    private final Renewal renewal = new Renewal(settings(List.of()));
    private final IssuedCertificates first = renewal.first(START);

    @Test
    void theFirstCertificateIsSignedByTheAuthorityForTheNamesOfTheService() throws Exception {
        X509Certificate leaf = first.serving().leaf();

        leaf.verify(first.authorities().getFirst().getPublicKey());
        leaf.checkValidity(Date.from(START));
        assertThat(leaf.getSubjectAlternativeNames())
                .extracting(name -> (Object) name.get(1))
                .containsExactlyInAnyOrder(
                        "webhook.pool.svc", "webhook.pool.svc.cluster.local", "webhook.pool", "webhook");
        assertThat(leaf.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(leaf.getBasicConstraints()).as("no authority").isEqualTo(-1);
        assertThat(first.authorities().getFirst().getBasicConstraints()).isZero();
    }

    @Test
    void nothingIsDueInTheFirstTwoThirdsOfALife() {
        assertThat(renewal.next(first, START)).isEmpty();
        assertThat(renewal.next(first, START.plus(Duration.ofDays(59)))).isEmpty();
    }

    @Test
    void afterTwoThirdsOfItsLifeTheCertificateIsRenewedUnderTheSameAuthority() {
        Instant later = START.plus(Duration.ofDays(61));

        IssuedCertificates next = renewal.next(first, later).orElseThrow();

        assertThat(next.authorities()).isEqualTo(first.authorities());
        assertThat(next.serving().notAfter()).isEqualTo(later.plus(Duration.ofDays(90)));
        assertThat(renewal.next(next, later)).isEmpty();
    }

    @Test
    void aNewAuthorityIsKnownForAWhileBeforeItSigns() throws Exception {
        Instant due = START.plus(Duration.ofDays(668));
        IssuedCertificates running =
                renewal.next(first, due.minus(Duration.ofDays(3))).orElseThrow();

        IssuedCertificates announced = renewal.next(running, due).orElseThrow();
        assertThat(announced.authorities())
                .hasSize(2)
                .contains(first.authorities().getFirst());
        assertThat(announced.serving()).isEqualTo(running.serving());
        assertThat(renewal.next(announced, due)).as("too early to sign").isEmpty();

        IssuedCertificates signed =
                renewal.next(announced, due.plus(Duration.ofMinutes(1))).orElseThrow();
        signed.serving().leaf().verify(announced.authorities().getFirst().getPublicKey());
        assertThat(signed.authorities()).isEqualTo(announced.authorities());
    }

    @Test
    void aCertificateDoesNotOutliveItsAuthority() {
        Instant nearTheEnd = START.plus(Duration.ofDays(660));

        IssuedCertificates next = renewal.next(first, nearTheEnd).orElseThrow();

        assertThat(next.serving().notAfter())
                .isBeforeOrEqualTo(next.authorities().getFirst().getNotAfter().toInstant());
    }

    @Test
    void anAuthorityThatHasRunOutIsNoLongerTrusted() {
        Instant after = START.plus(Duration.ofDays(1001));

        IssuedCertificates next = renewal.next(first, after).orElseThrow();

        assertThat(next.authorities()).hasSize(1).doesNotContainAnyElementsOf(first.authorities());
    }

    @Test
    void whatAClockThatWasAheadHasIssuedIsReplacedOnceTheClockIsRight() throws Exception {
        Instant right = START.minus(Duration.ofDays(400));

        IssuedCertificates announced = renewal.next(first, right).orElseThrow();
        X509Certificate authority = announced.authorities().getFirst();
        authority.checkValidity(Date.from(right));
        assertThat(announced.serving())
                .as("the authority comes before what it signs")
                .isEqualTo(first.serving());

        IssuedCertificates signed = renewal.next(announced, right).orElseThrow();
        signed.serving().leaf().verify(authority.getPublicKey());
        signed.serving().leaf().checkValidity(Date.from(right));
        assertThat(renewal.next(signed, right)).as("once").isEmpty();
    }

    @Test
    void aClockThatIsALittleBehindTheOneThatIssuedReplacesNothing() {
        assertThat(renewal.next(first, START.minus(Duration.ofMinutes(4)))).isEmpty();
    }

    @Test
    void aNameThatIsMissingIsAddedAtOnce() throws Exception {
        Renewal withAddresses = new Renewal(settings(List.of("127.0.0.1", "::1")));

        IssuedCertificates next = withAddresses.next(first, START).orElseThrow();

        assertThat(next.authorities()).isEqualTo(first.authorities());
        assertThat(next.serving().leaf().getSubjectAlternativeNames())
                .extracting(name -> (Object) name.get(1))
                .contains("127.0.0.1", "0:0:0:0:0:0:0:1");
        assertThat(withAddresses.next(next, START)).as("once").isEmpty();
    }

    @Test
    void whatIsSharedSurvivesTheSecret() throws Exception {
        assertThat(IssuedCertificates.fromSecretData(first.toSecretData())).isEqualTo(first);
    }

    private static TlsSettings settings(List<String> additionalNames) {
        return new TlsSettings(
                TlsSettings.Mode.SELF,
                Path.of("unused"),
                Duration.ofMinutes(1),
                "pool",
                "webhook",
                "webhook-tls",
                "webhook",
                additionalNames,
                Duration.ofDays(90),
                Duration.ofDays(1000));
    }
}
