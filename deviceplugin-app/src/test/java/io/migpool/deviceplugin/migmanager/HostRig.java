package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The host of a node as the protocol sees it: GPU clients, services and the machine's power. */
abstract class HostRig implements GpuClients, Reboots {

    /** Pods of clients that have not ended. */
    final List<String> pods = new ArrayList<>();

    /** Pods that a reboot would end. */
    final List<Occupant> others = new ArrayList<>();

    /** Services of the host that run. */
    final List<String> running = new ArrayList<>();

    /** Services of the host that are to run, and do not. */
    final List<String> down = new ArrayList<>();

    /** Services that do not start. */
    final List<String> broken = new ArrayList<>();

    /** Why the list of services is refused; empty if it is not. */
    String servicesRefused = "";

    /** Whether nobody says which services run. */
    boolean servicesUnknown;

    /** Services that were asked to start. */
    final List<String> started = new ArrayList<>();

    boolean mayReboot;
    boolean cordoned;
    int reboots;

    /** Whether the bus over which it would be asked is not there. */
    boolean busSilent;

    /** Whether the machine does not let itself be rebooted. */
    boolean rebootsRefused;

    /** Whether the operator's checks cannot be evicted. */
    boolean checksRefused;

    /** What happens while services of the host stop. */
    Runnable whileServicesStop = () -> {};

    /** How often the operator was made to check the node anew. */
    int checks;

    @Override
    public List<String> pods(Set<String> paused) throws UnreachableException {
        requireReachable();
        return paused.isEmpty() ? List.of() : List.copyOf(pods);
    }

    @Override
    public void checkAgain() throws UnreachableException {
        requireReachable();
        if (checksRefused) {
            throw new UnreachableException("the validator cannot be evicted");
        }
        checks++;
    }

    @Override
    public List<Service> services() throws UnreachableException, MigSpecException {
        if (servicesUnknown) {
            throw new UnreachableException("the host's bus does not answer");
        }
        if (!servicesRefused.isEmpty()) {
            throw new MigSpecException(servicesRefused);
        }
        return Stream.concat(
                        running.stream().map(name -> new Service(name, true)),
                        down.stream().map(name -> new Service(name, false)))
                .toList();
    }

    @Override
    public void stop(List<String> services) {
        running.removeAll(services);
        whileServicesStop.run();
    }

    @Override
    public Map<String, String> start(List<String> services) {
        started.addAll(services.reversed());
        services.reversed().stream()
                .filter(service -> !broken.contains(service))
                .forEach(running::add);
        return services.stream()
                .filter(broken::contains)
                .collect(Collectors.toMap(service -> service, service -> service + " did not start"));
    }

    @Override
    public boolean areAllowed() {
        return mayReboot;
    }

    @Override
    public void requirePossible() throws UnreachableException {
        if (busSilent) {
            throw new UnreachableException("no bus");
        }
    }

    @Override
    public List<Occupant> podsToEnd() {
        return List.copyOf(others);
    }

    @Override
    public boolean isCordoned() {
        return cordoned;
    }

    @Override
    public void cordon() {
        cordoned = true;
    }

    @Override
    public void uncordon() {
        cordoned = false;
    }

    @Override
    public void reboot() throws UnreachableException {
        if (rebootsRefused) {
            throw new UnreachableException("logind refuses");
        }
        reboots++;
    }

    /** Fails while the API server does not answer. */
    abstract void requireReachable() throws UnreachableException;
}
