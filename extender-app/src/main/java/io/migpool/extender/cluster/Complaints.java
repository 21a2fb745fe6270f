package io.migpool.extender.cluster;

import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Logs what is wrong with objects, once as long as it stays the same, and counts the annotations that are ignored. */
final class Complaints {

    private static final System.Logger LOG = System.getLogger(Complaints.class.getName());
    private static final int MOST_SUBJECTS = 16_384;

    /** Guards both fields. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<String, String> latest = new LinkedHashMap<>();
    private long count;

    /**
     * @param subject the object that carries the annotation
     * @param complaint what is wrong with it
     */
    void about(String subject, String complaint) {
        if (isNew(subject, complaint, 1)) {
            LOG.log(Level.WARNING, "an annotation of {0} is ignored: {1}", subject, complaint);
        }
    }

    /**
     * Logs a problem with a reservation that counts nonetheless.
     *
     * @param subject the owner of the reservation
     * @param complaint what is wrong with it
     */
    void though(String subject, String complaint) {
        if (isNew(subject, complaint, 0)) {
            LOG.log(Level.WARNING, "the reservation of {0} counts, though {1}", subject, complaint);
        }
    }

    private boolean isNew(String subject, String complaint, int counted) {
        lock.lock();
        try {
            if (complaint.equals(latest.put(subject, complaint))) {
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

    /** Returns the number of complaints whose annotations are ignored. */
    long count() {
        lock.lock();
        try {
            return count;
        } finally {
            lock.unlock();
        }
    }
}
