package io.migpool.extender.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/** What a listener was told, each with what was taken of a GPU by then. */
final class Told implements PodListener {

    private final List<String> all = new ArrayList<>();
    private final IntSupplier takenPermille;

    Told(IntSupplier takenPermille) {
        this.takenPermille = takenPermille;
    }

    @Override
    public void bound(String uid) {
        all.add("bound " + uid + " at " + takenPermille.getAsInt());
    }

    @Override
    public void gone(String uid) {
        all.add("gone " + uid + " at " + takenPermille.getAsInt());
    }

    List<String> all() {
        return List.copyOf(all);
    }
}
