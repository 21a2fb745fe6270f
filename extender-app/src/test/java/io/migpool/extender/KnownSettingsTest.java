package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.config.LiveSettings;
import io.migpool.config.SettingsStatus;
import io.migpool.config.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Which versions of settings come into force. */
class KnownSettingsTest {

    private final Source source = new Source();
    private final List<String> taken = new ArrayList<>();

    @Test
    void defaultsThatTheSourceHasNotConfirmedAreNotTaken() {
        try (KnownSettings<String> follower = KnownSettings.follow(source, taken::add)) {
            source.become("waiting", false);
            source.become("invalid, with overrides", false);
            assertThat(taken).isEmpty();

            source.become("valid", true);
            source.become("valid", true);
            source.become("edited", true);
            assertThat(taken).containsExactly("valid", "edited");
            assertThat(follower).isNotNull();
        }
        source.become("after the end", true);
        assertThat(taken).containsExactly("valid", "edited");
        assertThat(source.listeners).isEmpty();
    }

    @Test
    void aVersionThatComesWhileFollowingBeginsIsNotLost() {
        source.become("before", true);
        source.onSubscription = () -> source.become("meanwhile", true);
        KnownSettings.follow(source, taken::add).close();
        assertThat(taken.getLast()).isEqualTo("meanwhile");
    }

    @Test
    void defaultsAreTakenOnceItIsKnownThatThereIsNoDocument() {
        KnownSettings<String> follower = KnownSettings.follow(source, taken::add);
        source.become("defaults", true);
        assertThat(taken).containsExactly("defaults");
        follower.close();
    }

    /** Settings set by the test; where the value is the same, only a change of the status is reported. */
    private static final class Source implements LiveSettings<String> {

        private final List<Runnable> listeners = new ArrayList<>();
        private String value = "defaults";
        private boolean known;
        private Runnable onSubscription = () -> {};

        void become(String next, boolean isKnown) {
            value = next;
            known = isKnown;
            List.copyOf(listeners).forEach(Runnable::run);
        }

        @Override
        public String current() {
            return value;
        }

        @Override
        public SettingsStatus status() {
            return LiveSettings.fixed(value).status();
        }

        @Override
        public boolean isKnown() {
            return known;
        }

        @Override
        public Subscription onChange(Consumer<? super String> listener) {
            return subscribe(() -> listener.accept(value));
        }

        @Override
        public Subscription onStatus(Consumer<? super SettingsStatus> listener) {
            return subscribe(() -> listener.accept(status()));
        }

        private Subscription subscribe(Runnable listener) {
            Runnable present = onSubscription;
            onSubscription = () -> {};
            present.run();
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }
    }
}
