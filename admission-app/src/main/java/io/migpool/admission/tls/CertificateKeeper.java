package io.migpool.admission.tls;

import io.migpool.runtime.time.Loop;
import io.migpool.runtime.time.SteadyClock;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.X509KeyManager;

/**
 * Keeps the served certificate up to date: asks its source at start, at every interval and on request. If the source
 * fails, the present certificate stays in use, even after it has expired, because the API server decides whom it
 * trusts. A certificate of an authority that has only just been published to the API server is served one interval
 * later.
 */
@ApplicationScoped
public class CertificateKeeper {

    private static final Logger LOG = System.getLogger(CertificateKeeper.class.getName());

    private static final Duration FIRST_WAIT = Duration.ofSeconds(2);

    /** A certificate that is served only once the interval has passed. */
    private record HeldBack(ServingCertificate certificate, Instant since) {}

    private final CertificateSource source;
    private final ServingKeyManager keys = new ServingKeyManager();
    private final Duration interval;
    private final InstantSource clock;
    /** Used by the loop only. */
    private Optional<HeldBack> heldBack = Optional.empty();

    private final AtomicReference<String> problem = new AtomicReference<>("the certificate has not been read yet");
    private final CountDownLatch firstCheck = new CountDownLatch(1);
    private final Loop checks;
    private volatile boolean stopped;

    @Inject
    CertificateKeeper(CertificateSource source, TlsSettings settings) {
        this(source, settings.checkInterval(), SteadyClock.ofSystem());
    }

    /**
     * Creates a keeper that has not started.
     *
     * @param interval time between checks, and how long a certificate is held back
     * @param clock measures how long it has been held back
     */
    CertificateKeeper(CertificateSource source, Duration interval, InstantSource clock) {
        this.source = source;
        this.interval = interval;
        this.clock = clock;
        this.checks = Loop.of("certificate", interval, this::check);
    }

    /**
     * Reads the certificate once before the server starts; an unresponsive API server delays the start only briefly.
     */
    @PostConstruct
    void start() {
        checks.start();
        try {
            if (!firstCheck.await(FIRST_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.log(Level.INFO, "Starting without a certificate; it is still being fetched");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Triggers a check soon, when the API server no longer trusts the certificate. */
    public void checkNow() {
        checks.wake();
    }

    @PreDestroy
    void stop() {
        stopped = true;
        checks.close();
    }

    /** Returns when the served certificate expires; empty if there is none. */
    public Optional<Instant> notAfter() {
        return keys.current().map(ServingCertificate::notAfter);
    }

    /** Returns why the latest attempt to read or renew the certificate failed; empty if it did not. */
    public Optional<String> problem() {
        return Optional.of(problem.get()).filter(text -> !text.isEmpty());
    }

    X509KeyManager keyManager() {
        return keys;
    }

    /**
     * Returns whether to hold the offer back: the API server needs a moment to trust a new authority, and the present
     * certificate will do for so long.
     */
    private boolean isHeldBack(CertificateSource.Offer offer) {
        ServingCertificate offered = offer.certificate();
        Instant now = clock.instant();
        heldBack = heldBack.filter(held -> held.certificate().equals(offered));
        if (heldBack.isEmpty() && !offer.known() && !keys.current().equals(Optional.of(offered))) {
            heldBack = Optional.of(new HeldBack(offered, now));
        }
        return keys.current().isPresent()
                && heldBack.filter(held -> now.isBefore(held.since().plus(interval)))
                        .isPresent();
    }

    private Loop.Next check() {
        refresh();
        firstCheck.countDown();
        return Loop.Next.AFTER_PAUSE;
    }

    private void refresh() {
        try {
            CertificateSource.Offer offer = source.load();
            ServingCertificate certificate = offer.certificate();
            if (!isHeldBack(offer) && keys.present(certificate)) {
                LOG.log(
                        Level.INFO,
                        "Serving with the certificate of {0}, valid until {1}",
                        certificate.leaf().getSubjectX500Principal(),
                        certificate.notAfter());
            }
            problem.set("");
        } catch (CertificateUnavailableException e) {
            String text = String.valueOf(e.getMessage());
            if (!stopped && !problem.getAndSet(text).equals(text)) {
                LOG.log(Level.WARNING, text);
                LOG.log(Level.DEBUG, text, e);
            }
        } catch (RuntimeException | Error e) {
            // Logged once, where the loop would log it every time.
            if (!problem.getAndSet(e.toString()).equals(e.toString())) {
                LOG.log(Level.ERROR, "The certificate could not be read or renewed", e);
            }
        }
    }
}
