package io.migpool.deviceplugin.cluster;

import io.migpool.runtime.event.EventNotice;
import io.migpool.runtime.event.EventRecorder;
import io.migpool.runtime.event.EventSeverity;
import io.migpool.runtime.event.EventSubject;

/** {@link Events} in the cluster, the same text about the same object at most once a minute. */
final class RecordedEvents implements Events {

    private static final String ACTION = "Prepare";

    private final EventRecorder recorder;
    private final EventSubject node;

    RecordedEvents(EventRecorder recorder, String nodeName) {
        this.recorder = recorder;
        // kubelet, too, gives its Node's name in place of the uid.
        this.node = new EventSubject("Node", "", nodeName, nodeName);
    }

    @Override
    public void warnPod(PodRef pod, String reason, String note) {
        EventSubject subject =
                new EventSubject("Pod", pod.namespace(), pod.name(), pod.uid().orElse(""));
        recorder.post(new EventNotice(subject, EventSeverity.WARNING, reason, ACTION, note));
    }

    @Override
    public void warnNode(String reason, String note) {
        recorder.post(new EventNotice(node, EventSeverity.WARNING, reason, ACTION, note));
    }

    @Override
    public void noteNode(String reason, String note) {
        recorder.post(new EventNotice(node, EventSeverity.NORMAL, reason, ACTION, note));
    }
}
