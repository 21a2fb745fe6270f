package io.migpool.deviceplugin.migmanager;

/** What a change of layout waits for. Each is timed separately. */
enum WaitReason {
    /** Pods and processes in the way. */
    USERS,
    /** Pods of clients that were paused. */
    CLIENTS,
    /** Pods of clients that start again for a new specification; {@link ClientRestart} ends it. */
    RESTART,
    /** The requested reboot of the machine. */
    REBOOT,
    /** A party that does not answer. */
    ANSWERS
}
