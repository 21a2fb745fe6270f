package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.NodeLabels;
import io.migpool.deviceplugin.migmanager.MigConfigLabels.State;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The Node's labels as watched, plus later writes: the watch lags behind our own writes, so the value that it showed
 * before a write is ignored until it shows another. Used by one thread.
 */
final class KnownLabels {

    private final NodeLabels labels;
    private final Map<String, Written> written = new HashMap<>();
    private Map<String, String> known = new TreeMap<>();

    /** A label's value before our write, and after it. */
    private record Written(Optional<String> before, String after) {}

    KnownLabels(NodeLabels labels) {
        this.labels = labels;
    }

    /** Reads the Node again; returns false while it has not been seen. */
    boolean look() {
        Optional<Map<String, String>> watched = labels.current();
        watched.ifPresent(present -> {
            written.entrySet()
                    .removeIf(entry ->
                            !entry.getValue().before().equals(Optional.ofNullable(present.get(entry.getKey()))));
            known = new TreeMap<>(present);
            written.forEach((label, value) -> known.put(label, value.after()));
        });
        return watched.isPresent();
    }

    /** Returns the wanted configuration; blank if there is none. */
    String config() {
        return known.getOrDefault(MigConfigLabels.CONFIG, "").strip();
    }

    /** Returns whether the state says that a change is under way. */
    boolean sayUnderWay() {
        String state = known.getOrDefault(MigConfigLabels.STATE, "");
        return state.equals(State.PENDING.label()) || state.equals(State.REBOOTING.label());
    }

    Set<String> pausedClients() {
        return MigConfigLabels.paused(known);
    }

    /** Pauses the clients and sets the state, in one write. */
    void pauseClients(State state) throws UnreachableException {
        write(MigConfigLabels.pausing(known), Optional.of(state));
    }

    /** Resumes the clients and sets the state, in one write. */
    void restoreClients(Optional<State> state) throws UnreachableException {
        write(MigConfigLabels.restoring(known), state);
    }

    /** Sets the state; returns whether it was another before. */
    boolean tell(State state) throws UnreachableException {
        return write(Map.of(), Optional.of(state));
    }

    private boolean write(Map<String, String> clients, Optional<State> state) throws UnreachableException {
        Map<String, String> changes = new TreeMap<>(clients);
        state.map(State::label)
                .filter(label -> !label.equals(known.get(MigConfigLabels.STATE)))
                .ifPresent(label -> changes.put(MigConfigLabels.STATE, label));
        if (!changes.isEmpty()) {
            try {
                labels.patch(changes, Set.of());
            } catch (ClusterException e) {
                throw new UnreachableException(e);
            }
            changes.forEach((label, value) -> written.merge(
                    label,
                    new Written(Optional.ofNullable(known.get(label)), value),
                    (former, latest) -> new Written(former.before(), latest.after())));
            known.putAll(changes);
        }
        return !changes.isEmpty();
    }
}
