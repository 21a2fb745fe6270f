package io.migpool.extender.observe;

import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.observe.EventSink.Subject;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.extender.reservation.SchedulingObserver;
import io.migpool.runtime.log.Decision;
import java.lang.System.Logger.Level;

/**
 * Writes Events on the pod: where it went, or why it waits. The reasons are HAMi's; every new Event is logged too.
 */
public final class PodEvents implements SchedulingObserver {

    private static final System.Logger LOG = System.getLogger(PodEvents.class.getName());

    private final NoticeBoard board;

    public PodEvents(NoticeBoard board) {
        this.board = board;
    }

    @Override
    public void bound(PodKey pod, Plan plan, String why) {
        String words = "bound to %s: %s; %s".formatted(plan.node(), plan.text(), why);
        if (board.tell(subject(pod), false, "BindingSucceed", "Binding", words)) {
            log(Level.INFO, words, "bind", pod, plan.node());
        }
    }

    @Override
    public void refused(PodKey pod, ReasonCode closest, String text) {
        if (board.tellOnceAMinute(subject(pod), true, "FilteringFailed", "Filtering", closest.name(), text)) {
            log(Level.INFO, text, "refuse", pod, "");
        }
    }

    /**
     * Reports that something in the pod's annotations is ignored.
     *
     * @param text what is ignored, and what would be understood
     */
    public void ignored(PodKey pod, String text) {
        if (board.tell(subject(pod), true, "AnnotationIgnored", "Filtering", text)) {
            log(Level.INFO, text, "ignore", pod, "");
        }
    }

    @Override
    public void bindFailed(PodKey pod, String node, String text) {
        String words = "not bound to %s: %s".formatted(node, text);
        if (board.tell(subject(pod), true, "BindingFailed", "Binding", words)) {
            log(Level.WARNING, words, "bind-failed", pod, node);
        }
    }

    private static void log(Level level, String words, String decision, PodKey pod, String node) {
        LOG.log(level, "{0} ({1})", words, new Decision(decision, pod.namespace(), pod.name(), node));
    }

    private static Subject subject(PodKey pod) {
        return new Subject("Pod", pod.namespace(), pod.name(), pod.uid());
    }
}
