package io.migpool.runtime.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Follows objects of one kind: first all of them, then every change. Works in the background from start to close, and
 * keeps retrying while the API server is away; each outage is logged once.
 */
public final class Watch<T extends HasMetadata> implements AutoCloseable {

    /**
     * Page size for lists that must not be older than what has been read before: paged lists are read from the store,
     * at a price for the API server. Without pages, fabric8 asks for whatever the server has cached.
     */
    public static final long PAGE = 500;

    private static final System.Logger LOG = System.getLogger(Watch.class.getName());

    private final String what;
    private final SharedIndexInformer<T> informer;
    /** Why the latest attempt to list or to watch has failed, if it has. */
    private final AtomicReference<Optional<Throwable>> failure = new AtomicReference<>(Optional.empty());

    private volatile boolean closed;

    /**
     * @param what the objects, in the plural or by name, for the log
     * @param informer informer of the objects that has not been started; its store must keep the uids
     */
    public Watch(String what, SharedIndexInformer<T> informer) {
        this.what = what;
        this.informer = informer.exceptionHandler((started, reason) -> isRetriedAfter(reason));
    }

    /**
     * Adds listeners; call this before the start. They are called in the order of events and must be quick.
     *
     * @param changed receives every object that is new or has changed
     * @param gone receives every object that is gone; one recreated under its name is another object
     */
    public Watch<T> listen(Consumer<? super T> changed, Consumer<? super T> gone) {
        return listen(changed, gone, version -> {});
    }

    /**
     * Adds listeners; call this before the start. They are called in the order of events and must be quick.
     *
     * @param changed receives every object that is new or has changed
     * @param gone receives every object that is gone; one recreated under its name is another object
     * @param listed receives the version of every complete list, of the first and of those after a gap of the watch,
     *     after every object of the list has been delivered
     */
    public Watch<T> listen(Consumer<? super T> changed, Consumer<? super T> gone, Consumer<String> listed) {
        informer.addEventHandler(new Changes<T>(changed, gone, version -> {
            found();
            listed.accept(version);
        }));
        return this;
    }

    /** Starts the watch; does not wait for the API server. Call this once. */
    public Watch<T> start() {
        var _ = informer.start();
        return this;
    }

    /**
     * Returns why the objects cannot be listed or watched at present; empty if nothing has failed since the last list.
     */
    public Optional<String> failure() {
        return failure.get().map(reason -> Objects.requireNonNullElse(reason.getMessage(), reason.toString()));
    }

    private boolean isRetriedAfter(Throwable reason) {
        Throwable root = rootOf(reason);
        if (!closed && failure.getAndSet(Optional.of(root)).isEmpty()) {
            LOG.log(Level.WARNING, "{0} cannot be watched; retrying: {1}", what, root);
        }
        return !closed;
    }

    private void found() {
        if (failure.getAndSet(Optional.empty()).isPresent()) {
            LOG.log(Level.INFO, "the API server answers again; watching {0}", what);
        }
    }

    private static Throwable rootOf(Throwable failure) {
        return Optional.ofNullable(failure.getCause()).map(Watch::rootOf).orElse(failure);
    }

    /** Stops watching. The client stays open. */
    @Override
    public void close() {
        closed = true;
        informer.close();
    }

    /** Passes on the events of the informer. */
    record Changes<T extends HasMetadata>(
            Consumer<? super T> changed, Consumer<? super T> gone, Consumer<String> listed)
            implements ResourceEventHandler<T> {

        @Override
        public void onList(String resourceVersion, boolean remainedEmpty) {
            listed.accept(resourceVersion);
        }

        @Override
        public void onAdd(T object) {
            changed.accept(object);
        }

        /** An object recreated under its name while the watch was interrupted is also delivered as an update. */
        @Override
        public void onUpdate(T before, T object) {
            boolean recreated = !Objects.equals(
                    before.getMetadata().getUid(), object.getMetadata().getUid());
            try {
                if (recreated) {
                    gone.accept(before);
                }
            } finally {
                changed.accept(object);
            }
        }

        @Override
        public void onDelete(T object, boolean finalStateUnknown) {
            gone.accept(object);
        }
    }
}
