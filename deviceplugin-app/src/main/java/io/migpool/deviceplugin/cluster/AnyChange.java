package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.client.informers.ResourceEventHandler;

/**
 * Runs one callback on any add, update or delete.
 *
 * @param then runs on the informer's thread after each change; must not block
 */
record AnyChange<T>(Runnable then) implements ResourceEventHandler<T> {

    @Override
    public void onAdd(T object) {
        then.run();
    }

    @Override
    public void onUpdate(T before, T object) {
        then.run();
    }

    @Override
    public void onDelete(T object, boolean finalStateUnknown) {
        then.run();
    }
}
