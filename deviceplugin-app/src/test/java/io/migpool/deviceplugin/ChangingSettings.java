package io.migpool.deviceplugin;

import io.migpool.config.LiveSettings;
import io.migpool.config.SettingsStatus;
import io.migpool.config.Subscription;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Settings that a test changes. */
public final class ChangingSettings<T> implements LiveSettings<T> {

    private final List<Consumer<? super T>> listeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<? super SettingsStatus>> statusListeners = new CopyOnWriteArrayList<>();
    private volatile T value;
    private volatile SettingsStatus.State state = SettingsStatus.State.VALID;

    ChangingSettings(T value) {
        this.value = value;
    }

    public void change(T next) {
        value = next;
        state = SettingsStatus.State.VALID;
        listeners.forEach(listener -> listener.accept(next));
        statusListeners.forEach(listener -> listener.accept(status()));
    }

    /** As before the document has been seen: that value stands for it, until the first change. */
    void notSeenYet(T defaults) {
        value = defaults;
        state = SettingsStatus.State.WAITING;
    }

    /** As if the document was invalid from the start: that value stands for it, until the first change. */
    void neverValid(T defaults) {
        value = defaults;
        state = SettingsStatus.State.INVALID;
    }

    @Override
    public T current() {
        return value;
    }

    @Override
    public SettingsStatus status() {
        return new SettingsStatus(state, List.of(), List.of(), Instant.EPOCH, Optional.empty());
    }

    @Override
    public boolean isKnown() {
        return state == SettingsStatus.State.VALID;
    }

    @Override
    public Subscription onChange(Consumer<? super T> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public Subscription onStatus(Consumer<? super SettingsStatus> listener) {
        statusListeners.add(listener);
        return () -> statusListeners.remove(listener);
    }
}
