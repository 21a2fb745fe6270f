package io.migpool.deviceplugin.instance;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import java.time.Duration;
import java.util.Optional;

/** Notified of every mutation, for metrics; called on the GPU's thread, so it must be quick. */
public interface PoolObserver {

    /** Ignores everything. */
    PoolObserver NONE = new PoolObserver() {
        @Override
        public void created(Slice slice, Duration took, Optional<GpuErrorCode> failure) {}

        @Override
        public void destroyed(Slice slice, Duration took, Optional<GpuErrorCode> failure) {}

        @Override
        public void reused(Slice slice) {}
    };

    /**
     * A GPU instance and its compute instance were created, or creation failed.
     *
     * @param took the driver's time
     */
    void created(Slice slice, Duration took, Optional<GpuErrorCode> failure);

    /** An instance was destroyed, or destruction failed. */
    void destroyed(Slice slice, Duration took, Optional<GpuErrorCode> failure);

    /** An idle instance went to the next pod as it was. */
    void reused(Slice slice);
}
