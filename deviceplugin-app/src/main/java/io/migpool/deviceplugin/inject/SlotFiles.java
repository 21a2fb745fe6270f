package io.migpool.deviceplugin.inject;

import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The CDI files of slots. A slot passes from container to container, and kubelet may give it to the next one while the
 * start of the previous one is still in progress: a file is written only while its tenancy lasts.
 */
final class SlotFiles {

    private final CdiDirectory cdi;
    /** At most one entry for each slot that kubelet has ever assigned. */
    private final ConcurrentHashMap<String, Tenancies> slots = new ConcurrentHashMap<>();

    /** The tenancies of one slot. */
    private static final class Tenancies {
        /** Guards the number together with the file, so that a change of tenant happens between two writes. */
        private final ReentrantLock lock = new ReentrantLock();

        private long present;
    }

    SlotFiles(CdiDirectory cdi) {
        this.cdi = cdi;
    }

    /** Begins a tenancy: removes files of earlier tenants and refuses their later writes. */
    void begin(String slot) throws IOException {
        Tenancies tenancies = of(slot);
        tenancies.lock.lock();
        try {
            tenancies.present++;
            cdi.remove(slot);
        } finally {
            tenancies.lock.unlock();
        }
    }

    /** Returns the number of the present tenancy. */
    long tenancy(String slot) {
        Tenancies tenancies = of(slot);
        tenancies.lock.lock();
        try {
            return tenancies.present;
        } finally {
            tenancies.lock.unlock();
        }
    }

    /**
     * Writes a tenant's file.
     *
     * @param tenancy the value of {@link #tenancy} when the tenant's start began
     * @return false if the slot has another tenant by now; nothing is written in that case
     */
    boolean write(String slot, long tenancy, ContainerEdits edits) throws IOException {
        Tenancies tenancies = of(slot);
        tenancies.lock.lock();
        try {
            if (tenancies.present != tenancy) {
                return false;
            }
            cdi.write(slot, edits);
            return true;
        } finally {
            tenancies.lock.unlock();
        }
    }

    private Tenancies of(String slot) {
        return slots.computeIfAbsent(slot, _ -> new Tenancies());
    }
}
