package io.migpool.extender.observe;

import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.observe.EventSink.Subject;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.reservation.SchedulingObserver;

/** Tells people on the pod where it went, or why it waits; reasons are HAMi's words. */
public final class PodEvents implements SchedulingObserver {

    private final NoticeBoard board;

    public PodEvents(NoticeBoard board) {
        this.board = board;
    }

    @Override
    public void bound(PodKey pod, Plan plan) {
        board.tell(
                subject(pod),
                false,
                "BindingSucceed",
                "Binding",
                "bound to %s: %s".formatted(plan.node(), plan.text()));
    }

    @Override
    public void refused(PodKey pod, String text) {
        board.tell(subject(pod), true, "FilteringFailed", "Filtering", text);
    }

    /**
     * Something that the pod's annotations say is not heeded.
     *
     * @param text what, and what would be understood
     */
    public void ignored(PodKey pod, String text) {
        board.tell(subject(pod), true, "AnnotationIgnored", "Filtering", text);
    }

    @Override
    public void bindFailed(PodKey pod, String node, String text) {
        board.tell(subject(pod), true, "BindingFailed", "Binding", "not bound to %s: %s".formatted(node, text));
    }

    private static Subject subject(PodKey pod) {
        return new Subject("Pod", pod.namespace(), pod.name(), pod.uid());
    }
}
