package io.migpool.deviceplugin.instance;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import java.time.Duration;
import java.util.Optional;

/** Told about every mutation, for figures; called on the GPU's thread, so it must be quick. */
public interface PoolObserver {

    /** Watches nothing. */
    PoolObserver NONE = new PoolObserver() {
        @Override
        public void created(Slice slice, Duration took, Optional<GpuErrorCode> failure) {}

        @Override
        public void destroyed(Slice slice, Duration took, Optional<GpuErrorCode> failure) {}

        @Override
        public void reused(Slice slice) {}
    };

    /** A GPU instance and its compute instance were made, or not. */
    void created(Slice slice, Duration took, Optional<GpuErrorCode> failure);

    /** An instance was destroyed, or not. */
    void destroyed(Slice slice, Duration took, Optional<GpuErrorCode> failure);

    /** An idle instance went to the next pod as it was. */
    void reused(Slice slice);
}
