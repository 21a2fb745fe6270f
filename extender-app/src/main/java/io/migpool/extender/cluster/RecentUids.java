package io.migpool.extender.cluster;

import java.util.LinkedHashSet;
import java.util.Set;

/** The UIDs added last. No object ever gets the UID of another one, so they need not be removed. Not thread-safe. */
final class RecentUids {

    /** More pods than end while all pods are listed, at about a hundred bytes each. */
    private static final int MOST = 32_768;

    private final Set<String> uids = new LinkedHashSet<>();

    void add(String uid) {
        uids.add(uid);
        if (uids.size() > MOST) {
            uids.remove(uids.iterator().next());
        }
    }

    boolean contains(String uid) {
        return uids.contains(uid);
    }
}
