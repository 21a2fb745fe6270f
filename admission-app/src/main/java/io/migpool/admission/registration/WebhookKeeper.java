package io.migpool.admission.registration;

import static java.net.HttpURLConnection.HTTP_CONFLICT;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Keeps our webhook configurations as {@link WebhookScope} wants them: looks when an upgrade or a person has written them, when
 * told, and at an interval besides. All replicas do so and want the same, so that it does not matter who is first; while
 * they do not, between two versions of the settings, neither writes more often than every {@link #LEAST_PAUSE}.
 */
public final class WebhookKeeper implements AutoCloseable {

    private static final Logger LOG = System.getLogger(WebhookKeeper.class.getName());

    /** A lost race is over with the next reading; the next look is the retry of a retry. */
    private static final int ATTEMPTS = 5;

    private static final Duration LEAST_PAUSE = Duration.ofMillis(300);

    private final KubernetesClient client;
    private final String configuration;
    private final Supplier<Optional<WebhookScope>> scope;
    private final AtomicReference<String> problem = new AtomicReference<>("");
    private final Loop looks;
    private final List<SharedIndexInformer<?>> watches;
    private volatile boolean closed;

    private WebhookKeeper(
            KubernetesClient client, String configuration, Supplier<Optional<WebhookScope>> scope, Duration interval) {
        this.client = client;
        this.configuration = configuration;
        this.scope = scope;
        this.looks = Loop.of("webhooks", interval, LEAST_PAUSE, this::check);
        var admission = client.admissionRegistration().v1();
        this.watches = List.of(
                watch(admission.mutatingWebhookConfigurations().withName(configuration), interval),
                watch(admission.validatingWebhookConfigurations().withName(configuration), interval));
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
        WebhookKeeper keeper = new WebhookKeeper(client, configuration, scope, interval);
        keeper.looks.start();
        keeper.watches.forEach(SharedIndexInformer::start);
        return keeper;
    }

    /** Looks soon, on a thread of its own. */
    public void checkNow() {
        looks.wake();
    }

    /** What is seen is only a reason to look: it may be older than what has been written since. */
    private <T extends HasMetadata> SharedIndexInformer<T> watch(Resource<T> resource, Duration interval) {
        AtomicBoolean lost = new AtomicBoolean();
        SharedIndexInformer<T> informer = resource.runnableInformer(0);
        informer.exceptionHandler((started, failure) -> {
            if (!closed && lost.compareAndSet(false, true)) {
                LOG.log(
                        Level.WARNING,
                        "webhook configuration {0} cannot be watched, trying on, and it is looked at every {1}: {2}",
                        configuration,
                        interval,
                        failure.toString());
            }
            return !closed;
        });
        informer.addEventHandler(new Written<>(() -> {
            lost.set(false);
            looks.wake();
        }));
        return informer;
    }

    private boolean check() {
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
            if (!closed && !problem.getAndSet(text).equals(text)) {
                LOG.log(
                        Level.WARNING,
                        "webhook configuration {0} cannot be kept right, trying on: {1}",
                        configuration,
                        text);
            }
        }
        return true;
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
        closed = true;
        watches.forEach(SharedIndexInformer::close);
        looks.close();
    }

    private record Written<T>(Runnable then) implements ResourceEventHandler<T> {
        @Override
        public void onAdd(T configuration) {
            then.run();
        }

        @Override
        public void onUpdate(T before, T configuration) {
            then.run();
        }

        @Override
        public void onDelete(T configuration, boolean finalStateUnknown) {
            // There is nothing to keep right until it is there again.
        }
    }
}
