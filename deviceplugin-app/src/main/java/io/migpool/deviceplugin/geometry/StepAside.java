package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.geometry.MigConfigLabels.State;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Has the clients of GPUs step aside and come back. Everything is written down before it is done, so that it is put right also
 * after a crash or a reboot.
 */
final class StepAside {

    private static final System.Logger LOG = System.getLogger(StepAside.class.getName());

    private final KnownLabels labels;
    private final GpuClients clients;
    private final Reboots reboots;
    private final Memory memory;

    StepAside(KnownLabels labels, GpuClients clients, Reboots reboots, Memory memory) {
        this.labels = labels;
        this.clients = clients;
        this.reboots = reboots;
        this.memory = memory;
    }

    /**
     * Pauses clients, and stops the host's services once the clients' pods are gone.
     *
     * @return names of pods that are still there; when there are none, everybody has stepped aside
     */
    List<String> begin(String value) throws UnreachableException {
        memory.save(memory.load().about(value).withClientsPaused(true));
        labels.pauseClients(State.PENDING);
        List<String> pods = clients.pods(labels.pausedClients());
        if (pods.isEmpty()) {
            List<String> running = clients.services();
            if (!running.isEmpty()) {
                Remembered before = memory.load();
                Set<String> stopped = new LinkedHashSet<>(before.stoppedServices());
                stopped.addAll(running);
                memory.save(before.withStopped(List.copyOf(stopped)));
                clients.stop(running);
            }
        }
        return pods;
    }

    /**
     * Has everybody come back, and tells the state with the same write; after a success the node is checked anew, if it can be. A
     * service that does not start does not keep the others away: it is tried again with {@link #settle}.
     *
     * @return what did not come back, as a sentence
     */
    Optional<String> end(Optional<State> state) throws UnreachableException {
        Remembered before = memory.load();
        labels.restoreClients(state);
        if (before.clientsPaused()) {
            memory.save(before.withClientsPaused(false));
            if (state.equals(Optional.of(State.SUCCESS))) {
                checkAgain();
            }
        }
        return settle();
    }

    /** Has everybody come back while the change still waits, for somebody whom their absence does not move. */
    void comeBack() throws UnreachableException {
        end(Optional.of(State.PENDING)).ifPresent(what -> LOG.log(System.Logger.Level.WARNING, what));
    }

    private void checkAgain() {
        try {
            clients.checkAgain();
        } catch (UnreachableException e) {
            LOG.log(System.Logger.Level.WARNING, "the node is not checked anew", e);
        }
    }

    /** Tries again what has to be put right. */
    Optional<String> settle() throws UnreachableException {
        Remembered owed = memory.load();
        if (owed.cordoned()) {
            reboots.cordon(false);
            owed = owed.withCordoned(false);
            memory.save(owed);
        }
        if (owed.stoppedServices().isEmpty()) {
            return Optional.empty();
        }
        try {
            clients.start(owed.stoppedServices());
            memory.save(owed.withStopped(List.of()));
            return Optional.empty();
        } catch (UnreachableException e) {
            LOG.log(System.Logger.Level.WARNING, "services of the host that were stopped do not start", e);
            return Optional.of("services of the host do not start again: " + e.getMessage());
        }
    }
}
