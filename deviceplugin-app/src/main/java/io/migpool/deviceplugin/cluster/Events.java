package io.migpool.deviceplugin.cluster;

import java.util.Optional;

/** Reports to people through Events. Never blocks or fails: what cannot be reported is logged. */
public interface Events {

    /**
     * Reports a warning on a pod.
     *
     * @param pod the pod; its uid may be empty where it is not known
     * @param reason one word in CamelCase
     * @param note what happened, why, and what to do; at most 1 KiB is shown
     */
    void warnPod(PodRef pod, String reason, String note);

    /** Reports a warning on this node. Parameters as in {@link #warnPod}. */
    void warnNode(String reason, String note);

    /** Reports normal progress on this node. Parameters as in {@link #warnPod}. */
    void noteNode(String reason, String note);

    /**
     * Names a pod.
     *
     * @param uid its uid, if known
     */
    record PodRef(String namespace, String name, Optional<String> uid) {}
}
