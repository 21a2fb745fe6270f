package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.MigSpecException;
import io.migpool.deviceplugin.migmanager.MigConfigLabels.State;
import java.lang.System.Logger.Level;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Has the clients of GPUs step aside and come back. Everything is written down before it is done, so that it is put right also
 * after a crash or a reboot.
 */
final class ClientPause {

    private static final System.Logger LOG = System.getLogger(ClientPause.class.getName());

    private final KnownLabels labels;
    private final GpuClients clients;
    private final Reboots reboots;
    private final ChangeJournal journal;
    /** Services that did not run before, though they were to: they get one try, and are not owed. */
    private List<String> wereDown = List.of();

    ClientPause(KnownLabels labels, GpuClients clients, Reboots reboots, ChangeJournal journal) {
        this.labels = labels;
        this.clients = clients;
        this.reboots = reboots;
        this.journal = journal;
    }

    /**
     * Pauses clients, and stops the host's services once the clients' pods are gone. Nobody is disturbed where it turns out that
     * the services could not be stopped.
     *
     * @return names of pods that are still there; when there are none, everybody has stepped aside
     * @throws MigSpecException if the list of services is refused
     */
    List<String> begin(String value) throws UnreachableException, MigSpecException {
        if (!journal.load().clientsPaused()) {
            LOG.log(Level.DEBUG, "services of the host that step aside: {0}", clients.services());
        }
        journal.save(journal.load().about(value).withClientsPaused(true));
        labels.pauseClients(State.PENDING);
        List<String> pods = clients.pods(labels.pausedClients());
        if (pods.isEmpty()) {
            stopServices(clients.services());
        }
        return pods;
    }

    private void stopServices(List<GpuClients.Service> services) throws UnreachableException {
        if (services.isEmpty()) {
            return;
        }
        UnfinishedChange before = journal.load();
        Set<String> owed = new LinkedHashSet<>(before.stoppedServices());
        services.stream().filter(GpuClients.Service::runs).forEach(service -> owed.add(service.name()));
        journal.save(before.withStopped(List.copyOf(owed)));
        List<String> names = services.stream().map(GpuClients.Service::name).toList();
        wereDown = names.stream().filter(name -> !owed.contains(name)).toList();
        clients.stop(names);
    }

    /**
     * Has everybody come back, and tells the state with the same write; after a success the node is checked anew, if it can be. A
     * service that does not start does not keep the others away: it is tried again with {@link #settle}.
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
        return before.clientsPaused();
    }

    /**
     * Has everybody come back while the change still waits, for somebody whom their absence does not move. A node that was
     * cordoned for it stays so.
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
            LOG.log(Level.WARNING, "the node is not checked anew", e);
        }
    }

    /** Tries again what has to be put right. */
    Optional<String> settle() throws UnreachableException {
        UnfinishedChange owed = journal.load();
        if (owed.cordoned()) {
            reboots.uncordon();
            journal.save(owed.withCordoned(false));
        }
        return startServices();
    }

    private Optional<String> startServices() throws UnreachableException {
        UnfinishedChange owed = journal.load();
        List<String> toStart = Stream.concat(owed.stoppedServices().stream(), wereDown.stream())
                .toList();
        if (toStart.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> missing = clients.start(toStart);
        wereDown = List.of();
        journal.save(owed.withStopped(
                owed.stoppedServices().stream().filter(missing::containsKey).toList()));
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of("services of the host do not start: " + String.join("; ", missing.values()));
    }
}
