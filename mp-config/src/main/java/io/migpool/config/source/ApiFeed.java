package io.migpool.config.source;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Watches the two ConfigMaps at the API server, each by name, so that it needs no permissions but {@code list} and
 * {@code watch} on these two names. Sources exist before any CDI container, so it has a client of its own.
 */
final class ApiFeed implements DocumentFeed {

    private static final System.Logger LOG = System.getLogger(ApiFeed.class.getName());

    private final KubernetesClient client;
    private final List<SharedIndexInformer<ConfigMap>> informers = new ArrayList<>();
    private final CountDownLatch unanswered;
    private final AtomicBoolean lost = new AtomicBoolean();
    private volatile boolean closed;

    private ApiFeed(KubernetesClient client, int documents) {
        this.client = client;
        this.unanswered = new CountDownLatch(documents);
    }

    static ApiFeed open(FeedSettings settings, List<DocumentSource> sources) {
        return open(settings.apiServer().open(), settings, sources);
    }

    /** Opens a feed that owns the client and closes it in the end. */
    static ApiFeed open(KubernetesClient client, FeedSettings settings, List<DocumentSource> sources) {
        ApiFeed feed = new ApiFeed(client, sources.size());
        for (DocumentSource source : sources) {
            feed.follow(source, settings.ref(source.kind()));
        }
        feed.awaitAnswers(settings.initialWait());
        return feed;
    }

    private void follow(DocumentSource source, ConfigMapRef ref) {
        source.awaitDocument(ref);
        SharedIndexInformer<ConfigMap> informer = client.configMaps()
                .inNamespace(ref.namespace())
                .withName(ref.name())
                .runnableInformer(0);
        AtomicBoolean answered = new AtomicBoolean();
        Runnable countAnswer = () -> {
            if (lost.compareAndSet(true, false)) {
                LOG.log(Level.INFO, "the API server answers again; ConfigMap {0} is followed", ref);
            }
            if (answered.compareAndSet(false, true)) {
                unanswered.countDown();
            }
        };
        informer.exceptionHandler((started, failure) -> {
            if (!closed && lost.compareAndSet(false, true)) {
                LOG.log(
                        Level.WARNING,
                        "ConfigMap {0} cannot be watched; retrying, with settings unchanged: {1}",
                        ref,
                        rootOf(failure));
            }
            return !closed;
        });
        informer.addEventHandler(new Arrival(source, ref, countAnswer));
        informers.add(informer);
        informer.start();
    }

    private static Throwable rootOf(Throwable failure) {
        return Optional.ofNullable(failure.getCause()).map(ApiFeed::rootOf).orElse(failure);
    }

    private void awaitAnswers(Duration atMost) {
        try {
            if (!unanswered.await(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.log(
                        Level.WARNING,
                        "the API server has not shown the ConfigMaps within {0}; defaults hold until it does",
                        atMost);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
        informers.forEach(SharedIndexInformer::close);
        client.close();
    }

    /** Receives the informer's events about one ConfigMap; fabric8 calls it in order, on threads of the client. */
    private record Arrival(DocumentSource source, ConfigMapRef ref, Runnable answered)
            implements ResourceEventHandler<ConfigMap> {

        @Override
        public void onNothing() {
            source.missing("ConfigMap " + ref.namespace() + "/" + ref.name());
            answered.run();
        }

        @Override
        public void onAdd(ConfigMap configMap) {
            read(configMap);
        }

        @Override
        public void onUpdate(ConfigMap before, ConfigMap configMap) {
            read(configMap);
        }

        @Override
        public void onDelete(ConfigMap configMap, boolean deletedFinalStateUnknown) {
            onNothing();
        }

        private void read(ConfigMap configMap) {
            Map<String, String> data = Optional.ofNullable(configMap.getData()).orElse(Map.of());
            Optional.ofNullable(data.get(ref.key()))
                    .ifPresentOrElse(
                            source::offer,
                            () -> source.unreadable("ConfigMap " + ref.namespace() + "/" + ref.name() + " has keys "
                                    + data.keySet() + " but not '" + ref.key() + "'; add it"));
            answered.run();
        }
    }
}
