package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.migmanager.MigConfigLabels.State;
import java.lang.System.Logger.Level;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Pauses and resumes GPU clients. Every step is recorded before it is taken, so that it is undone even after a crash or
 * a reboot.
 */
final class ClientPause {

    private static final System.Logger LOG = System.getLogger(ClientPause.class.getName());

    private final KnownLabels labels;
    private final GpuClients clients;
    private final Reboots reboots;
    private final ChangeJournal journal;
    /** Services that were meant to run but did not: they get one attempt to start, and are not owed. */
    private List<String> wereDown = List.of();

    ClientPause(KnownLabels labels, GpuClients clients, Reboots reboots, ChangeJournal journal) {
        this.labels = labels;
        this.clients = clients;
        this.reboots = reboots;
        this.journal = journal;
    }

    /**
     * Pauses clients, and stops the host's services once the clients' pods are gone. If the services cannot be listed,
     * no client is paused.
     *
     * @return names of the clients' pods that are still there; if there are none, all clients have stepped aside
     * @throws MigSpecException if the list of services is refused
     */
    List<String> begin(String value) throws UnreachableException, MigSpecException {
        if (!journal.load().aside().clientsPaused()) {
            LOG.log(Level.DEBUG, "services of the host to stop: {0}", clients.services());
        }
        journal.save(journal.load().about(value).withClientsPaused(true));
        labels.pauseClients(State.PENDING);
        List<String> pods = clients.pods(labels.pausedClients());
        if (pods.isEmpty()) {
            stopServices(clients.services());
            journal.save(journal.load().withClientsGone());
        }
        return pods;
    }

    private void stopServices(List<GpuClients.Service> services) throws UnreachableException {
        if (services.isEmpty()) {
            return;
        }
        UnfinishedChange before = journal.load();
        Set<String> owed = new LinkedHashSet<>(before.aside().stoppedServices());
        services.stream().filter(GpuClients.Service::runs).forEach(service -> owed.add(service.name()));
        journal.save(before.withStopped(List.copyOf(owed)));
        List<String> names = services.stream().map(GpuClients.Service::name).toList();
        wereDown = names.stream().filter(name -> !owed.contains(name)).toList();
        clients.stop(names);
    }

    /**
     * Resumes all clients and writes the state in the same patch; after a success, requests a new check of the node if
     * possible. A service that does not start does not keep the others away: {@link #settle} retries it.
     *
     * @return what did not come back, as a sentence
     */
    Optional<String> end(Optional<State> state) throws UnreachableException {
        boolean werePaused = restoreClients(state);
        if (werePaused && state.equals(Optional.of(State.SUCCESS))) {
            checkAgain();
        }
        return settle();
    }

    private boolean restoreClients(Optional<State> state) throws UnreachableException {
        UnfinishedChange before = journal.load();
        labels.restoreClients(state);
        journal.save(before.withClientsPaused(false));
        return before.aside().clientsPaused();
    }

    /**
     * Resumes all clients while the change still waits, because pausing them does not help. A node that was cordoned
     * for the change stays so.
     */
    void comeBack() throws UnreachableException {
        if (restoreClients(Optional.of(State.PENDING))) {
            startServices().ifPresent(what -> LOG.log(Level.WARNING, what));
        }
    }

    private void checkAgain() {
        try {
            clients.checkAgain();
        } catch (UnreachableException e) {
            LOG.log(Level.WARNING, "cannot check the node again", e);
        }
    }

    /** Retries what still has to be undone; returns what did not come back, as a sentence. */
    Optional<String> settle() throws UnreachableException {
        UnfinishedChange owed = journal.load();
        if (owed.aside().cordoned()) {
            reboots.uncordon();
            journal.save(owed.withCordoned(false));
        }
        return startServices();
    }

    private Optional<String> startServices() throws UnreachableException {
        UnfinishedChange owed = journal.load();
        List<String> toStart = Stream.concat(owed.aside().stoppedServices().stream(), wereDown.stream())
                .toList();
        if (toStart.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> missing = clients.start(toStart);
        wereDown = List.of();
        journal.save(owed.withStopped(owed.aside().stoppedServices().stream()
                .filter(missing::containsKey)
                .toList()));
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of("services of the host failed to start: " + String.join("; ", missing.values()));
    }
}
