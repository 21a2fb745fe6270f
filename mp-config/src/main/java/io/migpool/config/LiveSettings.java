package io.migpool.config;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Settings that follow their document while the process runs. Values are immutable; a caller takes one per decision and
 * never keeps it longer.
 *
 * @param <T> an immutable value
 */
public interface LiveSettings<T> {

    /** The settings in force: of the latest valid document, or the defaults if there never was one. Never throws. */
    T current();

    /** Whether the latest document is in force, and if not, why. */
    SettingsStatus status();

    /**
     * Whether {@link #current()} is, or was replaced in vain since it was, what the document says: its source has answered,
     * be it that there is none, and the answer was valid. Otherwise defaults hold that nobody may have meant.
     */
    boolean isKnown();

    /**
     * Calls the listener with the new settings whenever they have changed, on the thread that brought the change. It is
     * not called with the present settings. An exception of a listener is logged and stops no other listener.
     */
    Subscription onChange(Consumer<? super T> listener);

    /**
     * Calls the listener whenever {@link #status()} has changed: after the settings and after {@link #onChange}. It is not
     * called with the present status. An exception of a listener is logged and stops no other listener.
     */
    Subscription onStatus(Consumer<? super SettingsStatus> listener);

    /** Settings that never change, for tests and for code that needs none. */
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
