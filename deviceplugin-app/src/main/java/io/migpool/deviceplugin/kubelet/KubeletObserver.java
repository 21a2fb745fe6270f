package io.migpool.deviceplugin.kubelet;

import java.time.Duration;
import java.util.Optional;

/** Notified of every call of kubelet, for metrics. */
public interface KubeletObserver {

    /** Ignores everything. */
    KubeletObserver NONE = new KubeletObserver() {
        @Override
        public void allocated(Duration took, Optional<String> failure) {}

        @Override
        public void prepared(Duration took, Optional<String> failure) {}

        @Override
        public void registered(Optional<String> failure) {}
    };

    /** Allocate was answered; {@code failure} is its reason. */
    void allocated(Duration took, Optional<String> failure);

    /** PreStartContainer was answered; {@code failure} is its reason. */
    void prepared(Duration took, Optional<String> failure);

    /** Register was called. */
    void registered(Optional<String> failure);
}
