package io.migpool.testbed.apiserver.model;

import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/** The server's source of uids and name suffixes. */
public final class Identities {
    /** Without vowels and look-alikes, like Kubernetes' own. */
    private static final String SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

    private static final int SUFFIX_LENGTH = 5;
    private static final int LONGEST_BASE = 63 - SUFFIX_LENGTH;

    /** Guards random, which need not be thread-safe. */
    private final ReentrantLock lock = new ReentrantLock();

    private final RandomGenerator random;

    /** Creates ids from the given source of random numbers, which need not be thread-safe. */
    public Identities(RandomGenerator random) {
        this.random = random;
    }

    /** Returns a new uid. */
    public String uid() {
        lock.lock();
        try {
            long high = (random.nextLong() & ~0xF000L) | 0x4000L;
            long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
            return new UUID(high, low).toString();
        } finally {
            lock.unlock();
        }
    }

    /** Returns the base, truncated if it is too long, with a random suffix. */
    public String name(String base) {
        StringBuilder name = new StringBuilder(base.substring(0, Math.min(base.length(), LONGEST_BASE)));
        lock.lock();
        try {
            for (int i = 0; i < SUFFIX_LENGTH; i++) {
                name.append(SUFFIX_ALPHABET.charAt(random.nextInt(SUFFIX_ALPHABET.length())));
            }
        } finally {
            lock.unlock();
        }
        return name.toString();
    }
}
