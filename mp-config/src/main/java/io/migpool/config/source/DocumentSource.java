package io.migpool.config.source;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/**
 * One document as a MicroProfile Config source. It is empty until {@link DocumentFeed} fills it, which happens when the
 * application opens its settings; from then on every look-up sees the last readable version.
 *
 * <p>The ordinal is between an application's defaults (100) and environment variables (300), so that individual keys
 * can be overridden.
 */
public final class DocumentSource implements ConfigSource {

    /** Ordinal of the documents among the sources. */
    public static final int ORDINAL = 250;

    private final DocumentKind kind;

    /** Makes versions be applied, and the listener hear of them, in order of arrival. */
    private final ReentrantLock arrival = new ReentrantLock();

    private volatile DocumentState state = DocumentState.NO_STORE;
    private @Nullable String text;
    private volatile Runnable listener = () -> {};

    /** Creates a source without content. */
    public DocumentSource(DocumentKind kind) {
        this.kind = kind;
    }

    /** Returns the kind of its document. */
    public DocumentKind kind() {
        return kind;
    }

    /** Returns what is known at this moment. */
    public DocumentState state() {
        return state;
    }

    /**
     * Sets the one listener, which is called when {@link #state()} has changed, on the thread that brought the change.
     */
    public void listen(Runnable changed) {
        listener = changed;
    }

    /** Starts over: the location of the document is known, but not its content. */
    void awaitDocument(ConfigMapRef ref) {
        take(null, DocumentState.waitingFor(ref));
    }

    /** Records in which ConfigMap the next version is. */
    void storedIn(ConfigMapRef ref) {
        arrival.lock();
        try {
            state = state.at(ref);
        } finally {
            arrival.unlock();
        }
    }

    /** Accepts a version that arrived. */
    void offer(String version) {
        arrival.lock();
        try {
            if (!version.equals(text)) {
                take(version, read(version));
            }
        } finally {
            arrival.unlock();
        }
    }

    private DocumentState read(String version) {
        try {
            return state.present(kind.parse(version));
        } catch (MalformedDocumentException e) {
            return state.refused(kind.key() + " " + e.getMessage());
        }
    }

    /**
     * Records that there is no document; the last one is kept if there was one.
     *
     * @param what what is missing, for the message
     */
    void missing(String what) {
        arrival.lock();
        try {
            take(
                    null,
                    state.document().isEmpty()
                            ? state.absent()
                            : state.refused(
                                    what + " is gone; its last content stays in force until it is created again"));
        } finally {
            arrival.unlock();
        }
    }

    /** Records that the document cannot be read although it should exist. */
    void unreadable(String why) {
        arrival.lock();
        try {
            take(null, state.refused(why));
        } finally {
            arrival.unlock();
        }
    }

    private void take(@Nullable String version, DocumentState next) {
        arrival.lock();
        try {
            text = version;
            if (!next.equals(state)) {
                state = next;
                listener.run();
            }
        } finally {
            arrival.unlock();
        }
    }

    @Override
    public Map<String, String> getProperties() {
        return state.document().orElse(ParsedDocument.EMPTY).properties();
    }

    @Override
    public Set<String> getPropertyNames() {
        return getProperties().keySet();
    }

    @Override
    public @Nullable String getValue(String propertyName) {
        return propertyName.startsWith(kind.prefix()) ? getProperties().get(propertyName) : null;
    }

    @Override
    public String getName() {
        return "ConfigMap document " + kind.key();
    }

    @Override
    public int getOrdinal() {
        return ORDINAL;
    }

    @Override
    public String toString() {
        return getName() + " (" + ORDINAL + ")";
    }
}
