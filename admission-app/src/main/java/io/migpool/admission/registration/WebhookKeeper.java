package io.migpool.admission.registration;

import static java.net.HttpURLConnection.HTTP_CONFLICT;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.migpool.runtime.kubernetes.Watch;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Keeps the webhook configurations as {@link WebhookScope} requires: checks them after an upgrade or a person has
 * written them, on request, and at an interval. All replicas do so and agree on the result, so it does not matter which
 * is first. While replicas differ, between two versions of the settings, none writes more often than once per
 * {@link #LEAST_PAUSE}.
 */
public final class WebhookKeeper implements AutoCloseable {

    private static final Logger LOG = System.getLogger(WebhookKeeper.class.getName());

    /** A lost race is resolved by reading again; if attempts run out, the next check retries. */
    private static final int ATTEMPTS = 5;

    private static final Duration LEAST_PAUSE = Duration.ofMillis(300);

    private final KubernetesClient client;
    private final String configuration;
    private final Supplier<Optional<WebhookScope>> scope;
    private final AtomicReference<String> problem = new AtomicReference<>("");
    private final Runnable trustLost;
    private final Loop looks;
    private final List<Watch<?>> watches;
    private volatile boolean closed;

    private WebhookKeeper(
            KubernetesClient client,
            String configuration,
            Supplier<Optional<WebhookScope>> scope,
            Duration interval,
            Runnable trustLost) {
        this.client = client;
        this.configuration = configuration;
        this.scope = scope;
        this.trustLost = trustLost;
        this.looks = Loop.of("webhooks", interval, LEAST_PAUSE, this::check);
        var admission = client.admissionRegistration().v1();
        this.watches = List.of(
                watch(
                        admission.mutatingWebhookConfigurations().withName(configuration),
                        written -> written.getWebhooks().stream().map(MutatingWebhook::getClientConfig)),
                watch(
                        admission.validatingWebhookConfigurations().withName(configuration),
                        written -> written.getWebhooks().stream().map(ValidatingWebhook::getClientConfig)));
    }

    /**
     * Starts checking.
     *
     * @param client stays open when this is closed
     * @param configuration name of the mutating and of the validating configuration; neither need exist yet
     * @param scope supplies the present scope; empty while it is unknown, which leaves the configurations unchanged
     * @param interval time between checks
     * @param trustLost called when a webhook of them has no {@code caBundle}, as after {@code kubectl replace}
     */
    public static WebhookKeeper start(
            KubernetesClient client,
            String configuration,
            Supplier<Optional<WebhookScope>> scope,
            Duration interval,
            Runnable trustLost) {
        WebhookKeeper keeper = new WebhookKeeper(client, configuration, scope, interval, trustLost);
        keeper.looks.start();
        keeper.watches.forEach(Watch::start);
        return keeper;
    }

    /** Triggers a check soon, on a thread of its own. */
    public void checkNow() {
        looks.wake();
    }

    /**
     * Returns a watch of a configuration. Events only trigger a check, because an event may be older than what has been
     * written since. If it is gone, there is nothing to correct until it exists again.
     */
    private <T extends HasMetadata> Watch<T> watch(
            Resource<T> resource, Function<T, Stream<WebhookClientConfig>> webhooks) {
        return new Watch<>("webhook configuration " + configuration, resource.runnableInformer(0))
                .listen(
                        written -> {
                            looks.wake();
                            if (webhooks.apply(written).anyMatch(WebhookKeeper::isWithoutTrust)) {
                                trustLost.run();
                            }
                        },
                        gone -> {});
    }

    private static boolean isWithoutTrust(WebhookClientConfig webhook) {
        return webhook.getCaBundle() == null || webhook.getCaBundle().isEmpty();
    }

    private Loop.Next check() {
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
                        "webhook configuration {0} cannot be corrected; retrying: {1}",
                        configuration,
                        text);
            }
        }
        return Loop.Next.AFTER_PAUSE;
    }

    /** Replaces only the version that it has read, because another replica, or an upgrade, may be writing too. */
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
                        "{0} {1} was updated to match the settings",
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
        watches.forEach(Watch::close);
        looks.close();
    }
}
