package io.migpool.deviceplugin;

import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.SettingsStatus;
import io.migpool.config.Subscription;
import io.migpool.contracts.request.ResourceNames;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The pool's settings with the names of resources that hold for this run of the agent: kubelet counts by them, running pods ask
 * by them and the scheduler's configuration has them, so that an edit waits for the next start. They are the first that are
 * known, and until then those of the last run, which lie beside the ownership file: without the API server, too, the agent
 * serves what pods were given.
 */
final class FixedNames implements LiveSettings<DeviceSettings> {

    private final LiveSettings<DeviceSettings> live;
    private final NamesFile file;
    private final Optional<ResourceNames> ofLastRun;
    /** Guards that {@link #first} is decided and saved once. */
    private final ReentrantLock deciding = new ReentrantLock();

    private volatile @Nullable ResourceNames first;

    /**
     * @param stateDirectory where the names of the last run lie
     */
    FixedNames(LiveSettings<DeviceSettings> live, Path stateDirectory) {
        this.live = live;
        this.file = new NamesFile(stateDirectory);
        this.ofLastRun = file.load();
    }

    /** The names; empty while nobody has told them, neither now nor in an earlier run. */
    Optional<ResourceNames> names() {
        ResourceNames decided = first;
        if (decided == null && live.isKnown()) {
            decided = decide();
        }
        return Optional.ofNullable(decided).or(() -> ofLastRun);
    }

    /** The count resource; empty as {@link #names()} are. */
    Optional<String> countName() {
        return names().map(ResourceNames::count);
    }

    private ResourceNames decide() {
        deciding.lock();
        try {
            ResourceNames decided = first;
            if (decided == null) {
                decided = live.current().resources();
                first = decided;
                if (!Optional.of(decided).equals(ofLastRun)) {
                    file.save(decided);
                }
            }
            return decided;
        } finally {
            deciding.unlock();
        }
    }

    /** With default names while {@link #names()} are empty. */
    @Override
    public DeviceSettings current() {
        DeviceSettings settings = live.current();
        return names().map(settings::withResources).orElse(settings);
    }

    @Override
    public SettingsStatus status() {
        return live.status();
    }

    @Override
    public boolean isKnown() {
        return live.isKnown();
    }

    @Override
    public Subscription onChange(Consumer<? super DeviceSettings> listener) {
        return live.onChange(_ -> listener.accept(current()));
    }

    @Override
    public Subscription onStatus(Consumer<? super SettingsStatus> listener) {
        return live.onStatus(listener);
    }
}
