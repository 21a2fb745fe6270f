package io.migpool.extender.cluster;

import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Logs what is wrong with objects, once as long as it stays the same, and counts the annotations that are ignored. */
final class AnnotationProblems {

    private static final System.Logger LOG = System.getLogger(AnnotationProblems.class.getName());
    private static final int MOST_SUBJECTS = 16_384;

    /** Guards both fields. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<String, String> latest = new LinkedHashMap<>();
    private long count;

    /**
     * @param subject the object that carries the annotation
     * @param problem what is wrong with it
     */
    void ignored(String subject, String problem) {
        if (isNew(subject, problem, 1)) {
            LOG.log(Level.WARNING, "an annotation of {0} is ignored: {1}", subject, problem);
        }
    }

    /**
     * Logs a problem with a reservation that counts nonetheless.
     *
     * @param subject the owner of the reservation
     * @param problem what is wrong with it
     */
    void counted(String subject, String problem) {
        if (isNew(subject, problem, 0)) {
            LOG.log(Level.WARNING, "the reservation of {0} counts, though {1}", subject, problem);
        }
    }

    private boolean isNew(String subject, String problem, int counted) {
        lock.lock();
        try {
            if (problem.equals(latest.put(subject, problem))) {
                return false;
            }
            if (latest.size() > MOST_SUBJECTS) {
                latest.remove(latest.keySet().iterator().next());
            }
            count += counted;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the number of problems whose annotations are ignored. */
    long count() {
        lock.lock();
        try {
            return count;
        } finally {
            lock.unlock();
        }
    }
}
