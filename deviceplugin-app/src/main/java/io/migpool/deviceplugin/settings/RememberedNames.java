package io.migpool.deviceplugin.settings;

import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.SettingsStatus;
import io.migpool.config.Subscription;
import io.migpool.contracts.request.ResourceNames;
import io.migpool.runtime.file.RememberedFile;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The pool's settings. Until they are known, they have the resource names of the last run, which are stored next to the
 * ownership file, so that even without the API server the agent serves what pods were given.
 */
public final class RememberedNames implements LiveSettings<DeviceSettings> {

    private final LiveSettings<DeviceSettings> live;
    private final RememberedFile<ResourceNames> file;
    /** Guards saving and the record of what was saved last. */
    private final ReentrantLock saving = new ReentrantLock();

    private volatile Optional<ResourceNames> saved;

    /** @param stateDirectory directory with the names of the last run */
    public RememberedNames(LiveSettings<DeviceSettings> live, Path stateDirectory) {
        this.live = live;
        this.file = new RememberedFile<>(
                stateDirectory.resolve("resource-names.json"),
                ResourceNames.class,
                "until settings are known nothing is registered with kubelet");
        this.saved = file.load();
    }

    /** Returns the names; empty if they have never been known, neither in this run nor in an earlier one. */
    public Optional<ResourceNames> names() {
        if (live.isKnown() && saved.filter(live.current().resources()::equals).isEmpty()) {
            save();
        }
        return saved;
    }

    /** Returns the count resource; empty if {@link #names()} is. */
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

    /** Returns the settings, with default names while {@link #names()} is empty. */
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
