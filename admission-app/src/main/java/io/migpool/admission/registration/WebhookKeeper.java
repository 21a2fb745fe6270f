package io.migpool.admission.registration;

import static java.net.HttpURLConnection.HTTP_CONFLICT;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Keeps our webhook configurations as {@link WebhookScope} wants them: looks at an interval, because an upgrade or a person
 * may write them anew, and at once when told. All replicas do so and want the same, so that it does not matter who is first.
 */
public final class WebhookKeeper implements AutoCloseable {

    private static final Logger LOG = System.getLogger(WebhookKeeper.class.getName());

    /** A lost race is over with the next reading; the next look is the retry of a retry. */
    private static final int ATTEMPTS = 5;

    private final KubernetesClient client;
    private final String configuration;
    private final Supplier<Optional<WebhookScope>> scope;
    private final AtomicReference<String> problem = new AtomicReference<>("");
    private final ScheduledExecutorService schedule = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("webhooks-", 0).factory());

    private WebhookKeeper(KubernetesClient client, String configuration, Supplier<Optional<WebhookScope>> scope) {
        this.client = client;
        this.configuration = configuration;
        this.scope = scope;
    }

    /**
     * Begins to look.
     *
     * @param client stays open when this is closed
     * @param configuration name of the mutating and of the validating configuration; neither need exist yet
     * @param scope the scope of the moment; empty while it is not known, when all stays as it is
     * @param interval between looks
     */
    public static WebhookKeeper start(
            KubernetesClient client, String configuration, Supplier<Optional<WebhookScope>> scope, Duration interval) {
        WebhookKeeper keeper = new WebhookKeeper(client, configuration, scope);
        var _ = keeper.schedule.scheduleWithFixedDelay(keeper::check, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
        return keeper;
    }

    /** Looks soon, on a thread of its own. */
    public void checkNow() {
        schedule.execute(this::check);
    }

    private void check() {
        var admission = client.admissionRegistration().v1();
        try {
            Optional<WebhookScope> known = scope.get();
            if (known.isPresent()) {
                WebhookScope wanted = known.get();
                keep(admission.mutatingWebhookConfigurations().withName(configuration), wanted::applied);
                keep(admission.validatingWebhookConfigurations().withName(configuration), wanted::applied);
            }
            problem.set("");
        } catch (KubernetesClientException e) {
            String text = String.valueOf(e.getMessage());
            if (!schedule.isShutdown() && !problem.getAndSet(text).equals(text)) {
                LOG.log(
                        Level.WARNING,
                        "webhook configuration {0} cannot be kept right, trying on: {1}",
                        configuration,
                        text);
            }
        } catch (RuntimeException e) {
            // An exception would end the schedule, and with it every later look.
            if (!problem.getAndSet(e.toString()).equals(e.toString())) {
                LOG.log(Level.ERROR, "webhook configuration " + configuration + " cannot be kept right", e);
            }
        }
    }

    /** Writes over the version it has read only: another replica, or an upgrade, may be writing too. */
    private <T extends HasMetadata> void keep(Resource<T> resource, UnaryOperator<T> applied) {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            T present = resource.get();
            if (present == null) {
                return;
            }
            T wanted = applied.apply(present);
            if (wanted.equals(present)) {
                return;
            }
            try {
                var _ = client.resource(wanted)
                        .lockResourceVersion(present.getMetadata().getResourceVersion())
                        .update();
                LOG.log(
                        Level.INFO,
                        "{0} {1} follows the settings",
                        present.getKind(),
                        present.getMetadata().getName());
                return;
            } catch (KubernetesClientException e) {
                if (e.getCode() != HTTP_CONFLICT) {
                    throw e;
                }
            }
        }
    }

    @Override
    public void close() {
        schedule.shutdownNow();
    }
}
