package io.migpool.config;

import io.migpool.config.DocumentBinding.Reading;
import io.migpool.config.SettingsStatus.State;
import io.migpool.config.source.DocumentSource;
import io.migpool.config.source.DocumentState;
import io.migpool.config.source.ParsedDocument;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;

/** Settings that follow one {@link DocumentSource}. */
final class LiveDocument<T> implements LiveSettings<T> {

    private static final System.Logger LOG = System.getLogger(LiveDocument.class.getName());

    private final DocumentBinding<T> binding;
    private final Config config;
    private final DocumentSource source;
    private final InstantSource clock;
    private final List<Consumer<? super T>> changeListeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<? super SettingsStatus>> statusListeners = new CopyOnWriteArrayList<>();

    /** Makes versions take effect, and listeners hear of them, one at a time and in order. */
    private final ReentrantLock refreshing = new ReentrantLock();

    private volatile Snapshot<T> snapshot;
    /** The reading of the first valid document. Defaults do not count: no one chose them. */
    private @Nullable Reading<T> first;

    private record Snapshot<T>(T value, List<EffectiveSetting> read, SettingsStatus status, boolean known) {}

    LiveDocument(DocumentBinding<T> binding, Config config, DocumentSource source, InstantSource clock) {
        this.binding = binding;
        this.config = config;
        this.source = source;
        this.clock = clock;
        this.snapshot = new Snapshot<>(
                binding.defaults(),
                List.of(),
                new SettingsStatus(
                        State.WAITING,
                        List.of(),
                        List.of(),
                        clock.instant(),
                        source.state().ref()),
                false);
    }

    /** Starts to follow the source, beginning with its present content. */
    void follow() {
        source.listen(this::refresh);
        refresh();
    }

    @Override
    public T current() {
        return snapshot.value();
    }

    @Override
    public SettingsStatus status() {
        return snapshot.status();
    }

    @Override
    public boolean isKnown() {
        return snapshot.known();
    }

    @Override
    public Subscription onChange(Consumer<? super T> listener) {
        return subscribe(changeListeners, listener);
    }

    @Override
    public Subscription onStatus(Consumer<? super SettingsStatus> listener) {
        return subscribe(statusListeners, listener);
    }

    private static <L> Subscription subscribe(List<L> listeners, L listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    private void refresh() {
        refreshing.lock();
        try {
            Snapshot<T> before = snapshot;
            Snapshot<T> after = next(before, source.state());
            snapshot = after;
            if (!after.value().equals(before.value())) {
                tell(changeListeners, after.value());
            }
            if (!after.status().equals(before.status())) {
                log(after);
                tell(statusListeners, after.status());
            }
        } finally {
            refreshing.unlock();
        }
    }

    private Snapshot<T> next(Snapshot<T> before, DocumentState state) {
        ParsedDocument document = state.document().orElse(ParsedDocument.EMPTY);
        Reading<T> reading = read(document);
        // Warnings about an earlier version are out of date once a later one could not even be read.
        List<String> problems = state.problem().map(List::of).orElse(reading.problems());
        if (!problems.isEmpty()) {
            SettingsStatus invalid = status(before.status(), state, State.INVALID, problems, List.of());
            return before.known()
                    ? new Snapshot<>(before.value(), before.read(), invalid, true)
                    : withoutDocument(invalid);
        }
        List<String> warnings = new ArrayList<>();
        document.warnings().forEach(warning -> warnings.add(binding.kind().key() + " " + warning));
        Reading<T> atStart = first == null ? reading : first;
        if (state.document().isPresent()) {
            first = atStart;
        }
        Reading<T> inForce = binding.inForce(atStart, reading);
        warnings.addAll(inForce.warnings());
        return new Snapshot<>(
                inForce.value(),
                inForce.read(),
                status(before.status(), state, state.answered() ? State.VALID : State.WAITING, List.of(), warnings),
                state.answered());
    }

    /** Other configuration sources are foreign code: an exception of theirs must not end the watch of the document. */
    private Reading<T> read(ParsedDocument document) {
        try {
            return binding.read(SettingsView.of(config, binding.kind(), document, source.getName()));
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "a configuration source failed", e);
            return new Reading<>(
                    binding.defaults(),
                    List.of("the configuration cannot be read together with "
                            + binding.kind().key() + " (" + e + "); fix the source that fails"),
                    List.of(),
                    List.of());
        }
    }

    /** Returns the defaults with overrides applied, for a document that was never valid. */
    private Snapshot<T> withoutDocument(SettingsStatus status) {
        Reading<T> reading = read(ParsedDocument.EMPTY);
        return reading.problems().isEmpty()
                ? new Snapshot<>(reading.value(), reading.read(), status, false)
                : new Snapshot<>(binding.defaults(), List.of(), status, false);
    }

    /** Returns the keys of the document with the values in force, including defaults. */
    List<EffectiveSetting> effective() {
        Map<String, EffectiveSetting> all = new TreeMap<>();
        binding.defaultValues()
                .forEach((key, value) -> all.put(key, new EffectiveSetting(key, value, EffectiveSetting.DEFAULT)));
        snapshot.read().forEach(setting -> all.put(setting.key(), setting));
        return List.copyOf(all.values());
    }

    private SettingsStatus status(
            SettingsStatus before, DocumentState state, State now, List<String> problems, List<String> warnings) {
        SettingsStatus unchanged = new SettingsStatus(now, problems, warnings, before.since(), state.ref());
        return unchanged.equals(before)
                ? before
                : new SettingsStatus(now, problems, warnings, clock.instant(), state.ref());
    }

    private void log(Snapshot<T> after) {
        SettingsStatus status = after.status();
        String document = binding.kind().key();
        switch (status.state()) {
            case INVALID ->
                LOG.log(
                        Level.WARNING,
                        "{0} was not applied, {1}: {2}",
                        document,
                        after.known()
                                ? "the last valid settings stay in force"
                                : "and no valid version has been seen yet",
                        status.message());
            case VALID -> LOG.log(Level.INFO, "{0} was applied", document);
            case WAITING -> LOG.log(Level.INFO, "{0} has not been seen yet; defaults apply", document);
        }
        status.warnings().forEach(warning -> LOG.log(Level.WARNING, "{0}", warning));
    }

    /** Listeners are foreign code: an exception of one must stop neither the others nor the source's thread. */
    private static <E> void tell(List<Consumer<? super E>> listeners, E event) {
        for (Consumer<? super E> listener : listeners) {
            try {
                listener.accept(event);
            } catch (RuntimeException | Error e) {
                LOG.log(Level.ERROR, "a settings listener failed", e);
            }
        }
    }
}
