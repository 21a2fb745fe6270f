package io.migpool.extender.reservation;

/** Kinds of reasons why a pod is not bound; the words differ from attempt to attempt. */
public enum BindFailure {
    /** The extender does not know enough to decide yet. */
    NOT_READY,
    /** The pod is gone, cannot be read, or its request is not understood. */
    POD,
    /** The pod is bound, or being bound, to another node. */
    ELSEWHERE,
    /** The pod does not fit the node any more. */
    NO_ROOM,
    /** The API server did not take the Binding. */
    NOT_TAKEN,
    /** It is not known yet whether the API server took the Binding. */
    UNSETTLED
}
