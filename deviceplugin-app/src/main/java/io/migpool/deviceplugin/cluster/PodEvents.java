package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Interprets the watch's events: when a pod's containers have ended. */
final class PodEvents {

    private final Pods.Listener listener;
    /**
     * How long containers of pods that are being deleted may keep running, by uid. kubelet does not shorten a grace
     * period once given for a pod that is gone, and the removed object may name a shorter one.
     */
    private final Map<String, Duration> ending = new ConcurrentHashMap<>();

    PodEvents(Pods.Listener listener) {
        this.listener = listener;
    }

    void changed(Pod pod) {
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            ending.merge(uid(pod), PodPhase.runsOnFor(pod), PodEvents::longer);
        }
        if (PodPhase.hasEnded(pod)) {
            tellGone(pod);
        } else {
            listener.changed(pod);
        }
    }

    void gone(Pod pod) {
        tellGone(pod);
        ending.remove(uid(pod));
    }

    private void tellGone(Pod pod) {
        Duration runsOnFor = PodPhase.runsOnFor(pod);
        listener.gone(
                uid(pod), runsOnFor.isZero() ? runsOnFor : longer(runsOnFor, ending.getOrDefault(uid(pod), runsOnFor)));
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? other : one;
    }

    private static String uid(Pod pod) {
        return pod.getMetadata().getUid();
    }
}
