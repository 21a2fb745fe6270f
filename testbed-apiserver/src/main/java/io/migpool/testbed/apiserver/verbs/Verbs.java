package io.migpool.testbed.apiserver.verbs;

import io.migpool.testbed.apiserver.admission.Admission;
import io.migpool.testbed.apiserver.model.Identities;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.time.Clock;

/**
 * The verbs for the objects of one store.
 *
 * @param reader get, list and watch
 * @param creation create
 * @param update update and patch
 * @param deletion delete
 * @param binding create of {@code pods/binding}
 * @param eviction create of {@code pods/eviction}
 */
public record Verbs(
        ResourceReader reader,
        ObjectCreation creation,
        ObjectUpdate update,
        ObjectDeletion deletion,
        PodBinding binding,
        PodEviction eviction) {

    /** Returns the verbs of a new cluster, after creating its system objects. */
    public static Verbs ofNewCluster(ObjectStore store, Admission admission, Identities identities, Clock clock) {
        ObjectCreation creation = new ObjectCreation(store, admission, identities, clock);
        ObjectDeletion deletion = new ObjectDeletion(store, admission, clock);
        SystemObjects.create(creation);
        return new Verbs(
                new ResourceReader(store),
                creation,
                new ObjectUpdate(store, admission, deletion),
                deletion,
                new PodBinding(store, admission, clock),
                new PodEviction(store, deletion, clock));
    }
}
