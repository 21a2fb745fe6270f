package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.NodeLabels;
import io.migpool.deviceplugin.geometry.GeneratedConfiguration;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.Lab;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.geometry.spec.MigSpec;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A node with labels, clients, pods and a clock, and the protocol on it. */
final class ProtocolRig extends HostRig implements NodeLabels, GpuScope, ChangeJournal, Notices, AutoCloseable {

    private static final String UNREACHABLE = "the API server does not answer";
    static final String DCGM = "nvidia.com/gpu.deploy.dcgm";
    private static final Duration MINUTE = Duration.ofMinutes(1);
    final Lab lab;
    final Map<String, String> labels = new TreeMap<>(Map.of(DCGM, "true"));

    /** Pods of the pool that the GPUs are waiting for. */
    final List<Occupant> awaited = new ArrayList<>();

    /** Pods with devices of the GPUs. */
    final List<Occupant> occupants = new ArrayList<>();

    final List<String> asked = new ArrayList<>();

    /** Whether the node was cordoned when pods were last asked to leave. */
    boolean cordonedWhenAsked;

    final List<String> told = new ArrayList<>();
    final List<String> progress = new ArrayList<>();
    final List<Map<String, String>> writes = new ArrayList<>();

    /** What NVIDIA's specification was generated from: the instances of the first GPU, and the label of a client. */
    final List<String> specifications = new ArrayList<>();

    /** Why it cannot be generated; empty if it can. */
    String toolkitFails = "";

    boolean decided = true;
    boolean inUse = true;

    /** Whether new pods are kept off the GPUs. */
    boolean keptOff = true;

    /** The GPUs that were let in last. */
    Set<String> openGpus = Set.of();

    boolean reachable = true;

    /** The state whose writes the API server refuses. */
    String unwritable = "";

    /** Whether others get the devices of pods that leave. */
    boolean refilled;

    /** Whether kubelet does not say who has devices. */
    boolean kubeletSilent;

    /** Whether what kubelet says has a form that nobody foresaw. */
    boolean kubeletBroken;

    boolean mayReset;

    /** Whether what the label may name cannot be read. */
    boolean configurationsUnreadable;

    UnfinishedChange remembered = UnfinishedChange.NOTHING;
    Instant now = Instant.EPOCH;

    /** GPUs that are the pool's, or have not come yet. */
    final Set<String> ofThePool = new TreeSet<>();

    /** Through which the GPUs are cut, from the next start of the agent on. */
    GpuDriver driver;

    /** What the label may name, in place of what the boards suggest. */
    @Nullable MigSpec custom;

    private MigConfigProtocol protocol;

    ProtocolRig(String boards) {
        this(MachineSpec.of(boards));
    }

    ProtocolRig(MachineSpec boards) {
        lab = Lab.of(boards.withSeed(3));
        driver = lab.driver();
        protocol = newProtocol();
    }

    private MigConfigProtocol newProtocol() {
        return new MigConfigProtocol(
                new MigConfigProtocol.Ports(
                        this, this, this::configurations, this, this::generateSpecification, this, this),
                new Geometry(
                        driver,
                        gpu -> !ofThePool.contains(gpu.uuid()),
                        gpu -> awaited.stream()
                                .noneMatch(occupant -> occupant.deviceUuid().equals(gpu.uuid())),
                        () -> mayReset),
                this,
                () -> now,
                new Patience(MINUTE, MINUTE.multipliedBy(2), MINUTE, MINUTE.multipliedBy(3)));
    }

    private void generateSpecification() throws UnreachableException {
        if (!toolkitFails.isEmpty()) {
            throw new UnreachableException(toolkitFails);
        }
        try {
            specifications.add(lab.layout(0) + " " + dcgm());
        } catch (GpuException e) {
            throw new UnreachableException(e);
        }
    }

    private MigSpec configurations() throws MigSpecException, GpuException, UnreachableException {
        if (configurationsUnreadable) {
            throw new UnreachableException("the ConfigMap cannot be read");
        }
        MigSpec given = custom;
        return given == null ? GeneratedConfiguration.of(lab.driver().gpus()) : given;
    }

    /** The agent starts anew, and knows only what it wrote down. */
    void restart() {
        keptOff = true;
        protocol = newProtocol();
    }

    /** The machine starts anew, and the agent with it. */
    void bootAgain() throws GpuException {
        lab.machine().reboot();
        running.clear();
        restart();
    }

    /** Cuts the GPUs where resets are allowed, then asks for a configuration that only a reboot can bring. */
    void cutAndAskToSwitchOff(String config) {
        mayReset = true;
        ask("all-balanced");
        step();
        mayReset = false;
        mayReboot = true;
        ask(config);
        stepAfter(Duration.ofSeconds(1));
        assertThat(state()).contains("rebooting");
    }

    void ask(String config) {
        labels.put(MigConfigLabels.CONFIG, config);
    }

    Duration step() {
        return protocol.step();
    }

    /** Time passes; then a step. */
    Duration stepAfter(Duration time) {
        now = now.plus(time);
        return step();
    }

    Optional<String> state() {
        return Optional.ofNullable(labels.get(MigConfigLabels.STATE));
    }

    String dcgm() {
        return labels.getOrDefault(DCGM, "");
    }

    @Override
    public Optional<Map<String, String>> current() {
        return Optional.of(Map.copyOf(labels));
    }

    @Override
    public void patch(Map<String, String> changes, Set<String> removed) throws ClusterException {
        if (!reachable) {
            throw new ClusterException(ClusterException.Code.UNAVAILABLE, UNREACHABLE);
        }
        if (changes.containsValue(unwritable)) {
            throw new ClusterException(ClusterException.Code.UNAVAILABLE, UNREACHABLE);
        }
        writes.add(Map.copyOf(changes));
        labels.putAll(changes);
        labels.keySet().removeAll(removed);
    }

    @Override
    public boolean isDecided() {
        return decided;
    }

    @Override
    public boolean isInUse() {
        return inUse;
    }

    @Override
    public List<Occupant> awaited() {
        return List.copyOf(awaited);
    }

    @Override
    public List<Occupant> occupants() throws UnreachableException {
        requireReachable();
        if (kubeletSilent) {
            throw new UnreachableException("kubelet does not answer");
        }
        if (kubeletBroken) {
            throw new IllegalStateException("a device without a name");
        }
        return List.copyOf(occupants);
    }

    @Override
    public boolean areRefilled() {
        return refilled;
    }

    @Override
    public List<String> askToLeave(List<Occupant> leaving) {
        cordonedWhenAsked = cordoned;
        leaving.forEach(occupant -> asked.add(occupant.name()));
        return List.of();
    }

    @Override
    public void shut() {
        keptOff = true;
    }

    @Override
    public void open(Set<String> gpuUuids) {
        keptOff = false;
        openGpus = gpuUuids;
    }

    @Override
    public Set<String> free() {
        Set<String> free = new TreeSet<>();
        try {
            lab.driver().gpus().forEach(gpu -> free.add(gpu.uuid()));
        } catch (GpuException e) {
            throw new AssertionError("the machine's own driver fails", e);
        }
        free.removeAll(ofThePool);
        awaited.forEach(occupant -> free.remove(occupant.deviceUuid()));
        return free;
    }

    @Override
    public Outcome alone(Change change) throws GpuException, UnreachableException {
        return change.make(occupants());
    }

    @Override
    public String bootId() throws GpuException {
        return lab.driver().bootId();
    }

    @Override
    public UnfinishedChange load() {
        return remembered;
    }

    @Override
    public void save(UnfinishedChange toRemember) {
        remembered = toRemember;
    }

    @Override
    public void progress(String reason, String note) {
        progress.add(reason + ": " + note);
    }

    @Override
    public void trouble(String reason, String note) {
        told.add(reason + ": " + note);
    }

    @Override
    void requireReachable() throws UnreachableException {
        if (!reachable) {
            throw new UnreachableException(UNREACHABLE);
        }
    }

    @Override
    public void close() {
        lab.close();
    }
}
