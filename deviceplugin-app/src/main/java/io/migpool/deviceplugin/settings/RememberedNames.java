package io.migpool.deviceplugin.settings;

import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.SettingsStatus;
import io.migpool.config.Subscription;
import io.migpool.contracts.request.ResourceNames;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The pool's settings, until they are known with the names of resources of the last run, which lie beside the ownership file:
 * without the API server, too, the agent serves what pods were given.
 */
public final class RememberedNames implements LiveSettings<DeviceSettings> {

    private final LiveSettings<DeviceSettings> live;
    private final NamesFile file;
    /** Guards that what was saved last is noted. */
    private final ReentrantLock saving = new ReentrantLock();

    private volatile Optional<ResourceNames> saved;

    /**
     * @param stateDirectory where the names of the last run lie
     */
    public RememberedNames(LiveSettings<DeviceSettings> live, Path stateDirectory) {
        this.live = live;
        this.file = new NamesFile(stateDirectory);
        this.saved = file.load();
    }

    /** The names; empty while nobody has told them, neither now nor in an earlier run. */
    public Optional<ResourceNames> names() {
        if (live.isKnown() && saved.filter(live.current().resources()::equals).isEmpty()) {
            save();
        }
        return saved;
    }

    /** The count resource; empty as {@link #names()} are. */
    public Optional<String> countName() {
        return names().map(ResourceNames::count);
    }

    private void save() {
        saving.lock();
        try {
            ResourceNames names = live.current().resources();
            if (saved.filter(names::equals).isEmpty()) {
                file.save(names);
                saved = Optional.of(names);
            }
        } finally {
            saving.unlock();
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
