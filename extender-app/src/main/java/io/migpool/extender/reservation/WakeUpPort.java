package io.migpool.extender.reservation;

import io.migpool.extender.cluster.PodKey;
import java.time.Instant;

/** Notifies the scheduler. */
public interface WakeUpPort {

    /** Changes something about the pod that makes its scheduler try it again. Failures are the port's concern. */
    void wake(PodKey pod, Instant now);
}
