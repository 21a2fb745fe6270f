package io.migpool.deviceplugin.inject;

import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The CDI files of slots. A slot goes from container to container, and kubelet may give it to the next one while the start of the
 * last one is still under way: a file is written only for a tenancy that lasts.
 */
final class SlotFiles {

    private final CdiDirectory cdi;
    /** At most one for each slot that kubelet ever gave. */
    private final ConcurrentHashMap<String, Tenancies> slots = new ConcurrentHashMap<>();

    /** Of one slot. */
    private static final class Tenancies {
        /** Guards the number together with the file: a change of tenant falls between two writes, not into one. */
        private final ReentrantLock lock = new ReentrantLock();

        private long present;
    }

    SlotFiles(CdiDirectory cdi) {
        this.cdi = cdi;
    }

    /** Begins a tenancy: what an earlier tenant left is removed, and what one writes from now on is refused. */
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

    /** The number of the present tenancy. */
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
     * @param tenancy as {@link #tenancy} told when the tenant began to start
     * @return false if the slot has another tenant by now; nothing is written then
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
