package io.migpool.testbed.scheduler;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Record of past cycles: the last ones of all pods, and the last failure of each pod that is still not bound. */
final class AttemptLog {

    private static final int REMEMBERED = 4096;

    // Guards attempts and failures.
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<SchedulingAttempt> attempts = new ArrayDeque<>();
    private final Map<String, String> failures = new HashMap<>();

    void decided(SchedulingAttempt attempt) {
        lock.lock();
        try {
            if (attempts.size() == REMEMBERED) {
                attempts.removeFirst();
            }
            attempts.addLast(attempt);
        } finally {
            lock.unlock();
        }
    }

    /** Records a failure; returns whether its text differs from the pod's previous one. */
    boolean failed(PodInfo pod, String message) {
        lock.lock();
        try {
            return !message.equals(failures.put(key(pod.namespace(), pod.name()), message));
        } finally {
            lock.unlock();
        }
    }

    void forget(String namespace, String pod) {
        lock.lock();
        try {
            failures.remove(key(namespace, pod));
        } finally {
            lock.unlock();
        }
    }

    Optional<String> lastFailure(String namespace, String pod) {
        lock.lock();
        try {
            return Optional.ofNullable(failures.get(key(namespace, pod)));
        } finally {
            lock.unlock();
        }
    }

    List<SchedulingAttempt> attempts() {
        lock.lock();
        try {
            return List.copyOf(attempts);
        } finally {
            lock.unlock();
        }
    }

    private static String key(String namespace, String pod) {
        return namespace + "/" + pod;
    }
}
