package io.migpool.deviceplugin.node;

import io.migpool.deviceplugin.reservation.SharingSettings;
import io.migpool.runtime.file.RememberedFile;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The settings of sharing as configuration last had them, stored next to the ownership file. A container that starts
 * again while configuration is not known, because the API server is away, gets what it had rather than defaults that no
 * one chose, and kubelet is offered as many slots as before. Thread-safe.
 */
public final class LastSharing {

    private final RememberedFile<SharingSettings> file;
    /** Guards saving and the record of what was saved last. */
    private final ReentrantLock saving = new ReentrantLock();

    private volatile Optional<SharingSettings> last;

    /** @param stateDirectory directory with the settings of the last run */
    public LastSharing(Path stateDirectory) {
        file = new RememberedFile<>(
                stateDirectory.resolve("sharing.json"),
                SharingSettings.class,
                "until settings are known, containers on shared GPUs start with the defaults");
        last = file.load();
    }

    /** Returns the plan with the last known settings of sharing, unless it is settled: then it has newer ones. */
    GpuPlan complete(GpuPlan plan) {
        if (!plan.settled()) {
            return last.map(plan::withSharing).orElse(plan);
        }
        if (last.filter(plan.sharing()::equals).isEmpty()) {
            save(plan.sharing());
        }
        return plan;
    }

    private void save(SharingSettings sharing) {
        saving.lock();
        try {
            if (last.filter(sharing::equals).isEmpty()) {
                file.save(sharing);
                last = Optional.of(sharing);
            }
        } finally {
            saving.unlock();
        }
    }
}
