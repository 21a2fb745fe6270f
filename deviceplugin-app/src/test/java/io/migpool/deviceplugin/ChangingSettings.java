package io.migpool.deviceplugin;

import io.migpool.config.LiveSettings;
import io.migpool.config.SettingsStatus;
import io.migpool.config.Subscription;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Settings that a test changes. */
final class ChangingSettings<T> implements LiveSettings<T> {

    private final List<Consumer<? super T>> listeners = new CopyOnWriteArrayList<>();
    private volatile T value;

    ChangingSettings(T value) {
        this.value = value;
    }

    void change(T next) {
        value = next;
        listeners.forEach(listener -> listener.accept(next));
    }

    @Override
    public T current() {
        return value;
    }

    @Override
    public SettingsStatus status() {
        return LiveSettings.fixed(value).status();
    }

    @Override
    public Subscription onChange(Consumer<? super T> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public Subscription onStatus(Consumer<? super SettingsStatus> listener) {
        return () -> {};
    }
}
