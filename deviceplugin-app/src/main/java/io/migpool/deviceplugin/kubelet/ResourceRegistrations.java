package io.migpool.deviceplugin.kubelet;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Records which of this agent's plugins has which resource at kubelet. kubelet ends a resource when any connection for
 * it ends, so one plugin must have given it up before another registers it.
 */
public final class ResourceRegistrations {

    /** Guards {@link #taken}. */
    private final ReentrantLock lock = new ReentrantLock();

    /** Plugin by resource; plugins are identified by their sockets. */
    private final Map<String, String> taken = new HashMap<>();

    private final List<Runnable> waiting = new CopyOnWriteArrayList<>();

    /** Takes a name; returns false while another plugin has it. */
    boolean take(String name, String plugin) {
        lock.lock();
        try {
            return taken.computeIfAbsent(name, _ -> plugin).equals(plugin);
        } finally {
            lock.unlock();
        }
    }

    /** Releases what the plugin has. */
    void giveBack(String plugin) {
        List<Runnable> told = new ArrayList<>();
        lock.lock();
        try {
            if (taken.values().removeIf(plugin::equals)) {
                told.addAll(waiting);
            }
        } finally {
            lock.unlock();
        }
        told.forEach(Runnable::run);
    }

    /** Calls the listener when a name has become free; it must be quick. */
    void onFree(Runnable listener) {
        waiting.add(listener);
    }

    void forget(Runnable listener) {
        waiting.remove(listener);
    }
}
