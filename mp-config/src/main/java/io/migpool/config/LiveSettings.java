package io.migpool.config;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Settings that follow their document while the process runs. Values are immutable; callers take one per decision and
 * do not keep it longer.
 *
 * @param <T> an immutable value
 */
public interface LiveSettings<T> {

    /**
     * Returns the settings in force: those of the latest valid document, or the defaults if there never was one. Never
     * throws.
     */
    T current();

    /** Returns whether the latest document is in force, and if not, why. */
    SettingsStatus status();

    /**
     * Returns whether {@link #current()} has ever come from the document, or from its confirmed absence. Until then it
     * holds defaults that no one chose.
     */
    boolean isKnown();

    /**
     * Calls the listener with the new settings whenever they change, on the thread that brings the change; not with the
     * present settings. An exception of a listener is logged and does not affect other listeners.
     */
    Subscription onChange(Consumer<? super T> listener);

    /**
     * Calls the listener whenever {@link #status()} changes, after the settings and after {@link #onChange}; not with
     * the present status. An exception of a listener is logged and does not affect other listeners.
     */
    Subscription onStatus(Consumer<? super SettingsStatus> listener);

    /** Returns settings that never change, for tests. */
    static <T> LiveSettings<T> fixed(T value) {
        SettingsStatus status =
                new SettingsStatus(SettingsStatus.State.VALID, List.of(), List.of(), Instant.EPOCH, Optional.empty());
        return new LiveSettings<>() {
            @Override
            public T current() {
                return value;
            }

            @Override
            public SettingsStatus status() {
                return status;
            }

            @Override
            public boolean isKnown() {
                return true;
            }

            @Override
            public Subscription onChange(Consumer<? super T> listener) {
                return () -> {};
            }

            @Override
            public Subscription onStatus(Consumer<? super SettingsStatus> listener) {
                return () -> {};
            }
        };
    }
}
