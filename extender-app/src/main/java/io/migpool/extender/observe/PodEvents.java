package io.migpool.extender.observe;

import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.extender.reservation.BindFailure;
import io.migpool.extender.reservation.SchedulingObserver;
import io.migpool.runtime.event.EventNotice;
import io.migpool.runtime.event.EventRecorder;
import io.migpool.runtime.event.EventSeverity;
import io.migpool.runtime.event.EventSubject;
import io.migpool.runtime.log.Decision;
import java.lang.System.Logger.Level;

/**
 * Writes Events on the pod: where it went, or why it waits. The reasons are HAMi's; every new Event is logged too.
 */
public final class PodEvents implements SchedulingObserver {

    private static final System.Logger LOG = System.getLogger(PodEvents.class.getName());

    private final EventRecorder recorder;

    public PodEvents(EventRecorder recorder) {
        this.recorder = recorder;
    }

    @Override
    public void bound(PodKey pod, Plan plan, String why) {
        String words = "bound to %s: %s; %s".formatted(plan.node(), plan.text(), why);
        if (post(pod, EventSeverity.NORMAL, "BindingSucceed", "Binding", words)) {
            log(Level.INFO, words, "bind", pod, plan.node());
        }
    }

    /** Once a minute for each kind of problem: the numbers in the text change while the problem stays the same. */
    @Override
    public void refused(PodKey pod, ReasonCode closest, String text) {
        if (recorder.post(new EventNotice(
                subject(pod), EventSeverity.WARNING, "FilteringFailed", "Filtering", text, closest.name()))) {
            log(Level.INFO, text, "refuse", pod, "");
        }
    }

    /**
     * Reports that something in the pod's annotations is ignored.
     *
     * @param text what is ignored, and what would be understood
     */
    public void ignored(PodKey pod, String text) {
        if (post(pod, EventSeverity.WARNING, "AnnotationIgnored", "Filtering", text)) {
            log(Level.INFO, text, "ignore", pod, "");
        }
    }

    /** Once a minute for each kind of problem on a node: the API server's words may have numbers and times in them. */
    @Override
    public void bindFailed(PodKey pod, String node, BindFailure kind, String text) {
        String words = "not bound to %s: %s".formatted(node, text);
        if (recorder.post(new EventNotice(
                subject(pod), EventSeverity.WARNING, "BindingFailed", "Binding", words, kind + " " + node))) {
            log(Level.WARNING, words, "bind-failed", pod, node);
        }
    }

    private boolean post(PodKey pod, EventSeverity severity, String reason, String action, String words) {
        return recorder.post(new EventNotice(subject(pod), severity, reason, action, words));
    }

    private static void log(Level level, String words, String decision, PodKey pod, String node) {
        LOG.log(level, "{0} ({1})", words, new Decision(decision, pod.namespace(), pod.name(), node));
    }

    private static EventSubject subject(PodKey pod) {
        return new EventSubject("Pod", pod.namespace(), pod.name(), pod.uid());
    }
}
