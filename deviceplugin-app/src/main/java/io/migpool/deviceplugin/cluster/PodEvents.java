package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Interprets the watch's events: a pod under the same name may be a different one. */
final class PodEvents implements ResourceEventHandler<Pod> {

    private final Pods.Listener listener;
    /**
     * How long containers of pods that are being deleted may keep running, by uid. kubelet does not shorten a grace
     * period once given for a pod that is gone, and the removed object may name a shorter one.
     */
    private final Map<String, Duration> ending = new ConcurrentHashMap<>();

    PodEvents(Pods.Listener listener) {
        this.listener = listener;
    }

    @Override
    public void onAdd(Pod pod) {
        tell(pod);
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
        if (!uid(before).equals(uid(pod))) {
            onDelete(before, false);
        }
        tell(pod);
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
        gone(pod);
        ending.remove(uid(pod));
    }

    private void tell(Pod pod) {
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            ending.merge(uid(pod), PodPhase.runsOnFor(pod), PodEvents::longer);
        }
        if (PodPhase.hasEnded(pod)) {
            gone(pod);
        } else {
            listener.changed(pod);
        }
    }

    private void gone(Pod pod) {
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
