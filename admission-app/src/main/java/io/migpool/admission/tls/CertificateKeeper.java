package io.migpool.admission.tls;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.X509KeyManager;

/**
 * Keeps the served certificate up to date: asks its source at start and then at every interval. If the source fails,
 * the present certificate stays in use, even after it has expired, because the API server decides whom it trusts. A
 * certificate of an authority that has only just been published to the API server is served from the next check on.
 */
@ApplicationScoped
public class CertificateKeeper {

    private static final Logger LOG = System.getLogger(CertificateKeeper.class.getName());

    private static final Duration FIRST_WAIT = Duration.ofSeconds(2);

    private final CertificateSource source;
    private final TlsSettings settings;
    private final ServingKeyManager keys = new ServingKeyManager();
    /** A certificate held back until the next check; used by the scheduler's thread only. */
    private Optional<ServingCertificate> heldBack = Optional.empty();

    private final AtomicReference<String> problem = new AtomicReference<>("the certificate has not been read yet");
    private final ScheduledExecutorService schedule = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("certificate-", 0).factory());

    @Inject
    CertificateKeeper(CertificateSource source, TlsSettings settings) {
        this.source = source;
        this.settings = settings;
    }

    /**
     * Reads the certificate once before the server starts; an unresponsive API server delays the start only briefly.
     */
    @PostConstruct
    void start() {
        await(schedule.submit(this::refresh));
        long interval = settings.checkInterval().toMillis();
        var _ = schedule.scheduleWithFixedDelay(this::refresh, interval, interval, TimeUnit.MILLISECONDS);
    }

    @PreDestroy
    void stop() {
        schedule.shutdownNow();
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

    private static void await(Future<?> first) {
        try {
            first.get(FIRST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.log(Level.INFO, "Starting without a certificate; it is still being fetched");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Returns whether to hold the offer back: the API server needs a moment to trust a new authority, and the present
     * certificate will do until the next check.
     */
    private boolean isHeldBack(CertificateSource.Offer offer) {
        Optional<ServingCertificate> offered = Optional.of(offer.certificate());
        boolean held = !offer.known() && keys.current().isPresent() && !offered.equals(heldBack);
        heldBack = held ? offered : Optional.empty();
        return held;
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
            boolean interruptedByStop = schedule.isShutdown();
            if (!interruptedByStop && !problem.getAndSet(text).equals(text)) {
                LOG.log(Level.WARNING, text);
                LOG.log(Level.DEBUG, text, e);
            }
        } catch (RuntimeException | Error e) {
            // Whatever is thrown would end the schedule, and with it every later renewal.
            if (!problem.getAndSet(e.toString()).equals(e.toString())) {
                LOG.log(Level.ERROR, "The certificate could not be read or renewed", e);
            }
        }
    }
}
