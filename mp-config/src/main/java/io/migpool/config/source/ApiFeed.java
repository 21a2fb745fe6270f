package io.migpool.config.source;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.migpool.runtime.kubernetes.Watch;
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
    private final List<Watch<ConfigMap>> watches = new ArrayList<>();
    private final CountDownLatch unanswered;

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
        Runnable missing = () -> source.missing("ConfigMap " + ref.namespace() + "/" + ref.name());
        AtomicBoolean answered = new AtomicBoolean();
        watches.add(new Watch<>("ConfigMap " + ref, informer)
                .listen(changed -> read(changed, source, ref), gone -> missing.run(), version -> {
                    if (informer.getStore().list().isEmpty()) {
                        missing.run();
                    }
                    if (answered.compareAndSet(false, true)) {
                        unanswered.countDown();
                    }
                })
                .start());
    }

    private static void read(ConfigMap configMap, DocumentSource source, ConfigMapRef ref) {
        source.storedIn(ref.withUid(configMap.getMetadata().getUid()));
        Map<String, String> data = Optional.ofNullable(configMap.getData()).orElse(Map.of());
        Optional.ofNullable(data.get(ref.key()))
                .ifPresentOrElse(
                        source::offer,
                        () -> source.unreadable("ConfigMap " + ref.namespace() + "/" + ref.name() + " has keys "
                                + data.keySet() + " but not '" + ref.key() + "'; add it"));
    }

    private void awaitAnswers(Duration atMost) {
        try {
            if (!unanswered.await(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.log(
                        Level.WARNING,
                        "no ConfigMaps from the API server within {0}; defaults apply until they arrive",
                        atMost);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        watches.forEach(Watch::close);
        client.close();
    }
}
