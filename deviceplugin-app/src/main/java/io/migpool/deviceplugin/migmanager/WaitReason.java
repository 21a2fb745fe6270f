package io.migpool.deviceplugin.migmanager;

/** What a change of layout waits for. Each has its own patience. */
enum WaitReason {
    /** Pods and processes in the way. */
    USERS,
    /** Pods of clients that were paused. */
    CLIENTS,
    /** The machine that was asked to reboot. */
    REBOOT,
    /** Somebody who does not answer. */
    ANSWERS
}
