package io.migpool.deviceplugin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.config.DeviceSettings;
import io.migpool.config.FilterDevices;
import io.migpool.config.GpuModes;
import io.migpool.config.LabelDriven;
import io.migpool.config.MigStrategy;
import io.migpool.config.NodeConfig;
import io.migpool.config.NodeOverrides;
import io.migpool.config.NodeSelection;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.health.HealthChecks;
import io.migpool.deviceplugin.health.HealthObserver;
import io.migpool.deviceplugin.health.HealthSettings;
import io.migpool.deviceplugin.inject.DriverFiles;
import io.migpool.deviceplugin.inject.InjectSettings;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.PoolObserver;
import io.migpool.deviceplugin.kubelet.FakeKubelet;
import io.migpool.deviceplugin.kubelet.KubeletObserver;
import io.migpool.deviceplugin.migmanager.MigManagerSettings;
import io.migpool.deviceplugin.migmanager.Patience;
import io.migpool.deviceplugin.observe.AgentObservers;
import io.migpool.deviceplugin.settings.AgentSettings;
import io.migpool.deviceplugin.settings.LiveAgentSettings;
import io.migpool.deviceplugin.settings.RememberedNames;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.runtime.trace.PodTraces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/** A node in a directory: simulated GPUs, a kubelet, an API server in memory, and the agent between them. */
public final class AgentRig implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    public final Path root;
    public final SimulatedMachine machine;
    public final FakeKubelet kubelet;
    public final FakeCluster cluster = new FakeCluster();
    public final ChangingSettings<DeviceSettings> devices = new ChangingSettings<>(DeviceSettings.DEFAULT);
    public final ChangingSettings<NodeSettings> nodes;
    private static final Duration QUIET_TIME = Duration.ofMillis(500);
    static final Duration START_LIMIT = Duration.ofSeconds(5);
    /** How long a pod waits for a blocked placement. */
    Duration evictAfter = Duration.ofMillis(300);
    /** Whether pods in the way of the label are evicted. */
    public boolean drains;
    /** Whether the agent gives label-driven devices to pods itself. */
    public boolean handsOut = true;
    /** How long kubelet is served after the Node says that the agent stops. */
    public Duration stopDelay = Duration.ZERO;

    private final GpuMode mode;
    private @Nullable GpuDriver driver;
    private @Nullable NodeAgent agent;
    /** How far the agent's steady clock is ahead of time. */
    private volatile Duration ahead = Duration.ZERO;

    private AgentRig(Path root, MachineSpec spec, GpuMode mode) throws IOException {
        this.root = root;
        this.mode = mode;
        this.machine = SimulatedMachine.inMemory(spec);
        this.kubelet = new FakeKubelet(root.resolve("dp"));
        this.nodes = new ChangingSettings<>(new NodeSettings(List.of(NodeConfig.of(ReservedPod.NODE, mode))));
    }

    public static AgentRig started(Path root, String boards) throws Exception {
        return started(root, MachineSpec.of(boards).withSeed(7), GpuMode.MIG);
    }

    /** A node whose agent is not started yet. */
    public static AgentRig unstarted(Path root, String boards) throws IOException {
        return unstarted(root, MachineSpec.of(boards).withSeed(7));
    }

    static AgentRig unstarted(Path root, MachineSpec spec) throws IOException {
        return new AgentRig(root, spec, GpuMode.MIG);
    }

    public static AgentRig started(Path root, MachineSpec spec, GpuMode mode) throws Exception {
        AgentRig rig = new AgentRig(root, spec, mode);
        try {
            rig.startAgent();
            rig.awaitRegistration();
        } catch (IOException | ConditionTimeoutException e) {
            rig.close();
            throw e;
        }
        return rig;
    }

    /** Has that much more time pass on the agent's steady clock. */
    void pass(Duration time) {
        ahead = ahead.plus(time);
    }

    public void startAgent() throws IOException {
        startAgent(machine.openDriver());
    }

    /** Starts it on another driver than the machine's. */
    public void startAgent(GpuDriver opened) throws IOException {
        driver = opened;
        AgentPorts ports = AgentPorts.of(opened, cluster, InstantSource.system());
        NodeAgent started =
                agent(new AgentPorts(ports.driver(), ports.gpus(), ports.cluster(), ports.wall(), () -> ports.clock()
                        .instant()
                        .plus(ahead)));
        agent = started;
        started.start(() -> {});
    }

    /** An agent of this node that is not started. */
    NodeAgent agent(AgentPorts ports) {
        return new NodeAgent(
                new AgentSettings(
                        ReservedPod.NODE,
                        root.resolve("dp"),
                        stopDelay,
                        root.resolve("pr.sock"),
                        Optional.of(translatedPodResources()),
                        root.resolve("state"),
                        Duration.ofMillis(100),
                        evictAfter,
                        false,
                        new HealthSettings(HealthChecks.of("", ""), QUIET_TIME),
                        new InjectSettings(
                                InjectSettings.Strategy.CDI_CRI,
                                InjectSettings.DeviceList.ENVIRONMENT,
                                root.resolve("cdi"),
                                DriverFiles.NONE,
                                root.resolve("hook"),
                                root.resolve("vgpulock"),
                                START_LIMIT,
                                Duration.ofSeconds(2)),
                        new MigManagerSettings(
                                new MigManagerSettings.Sources(
                                        "kube-system",
                                        "custom-mig-config",
                                        Optional.empty(),
                                        Optional.empty(),
                                        "default-gpu-clients",
                                        Optional.empty()),
                                new MigManagerSettings.Permissions(false, drains, true, false),
                                new Patience(
                                        Duration.ofMinutes(1),
                                        Duration.ofMinutes(1),
                                        Duration.ofMillis(500),
                                        Duration.ofSeconds(5)),
                                "",
                                Optional.empty(),
                                handsOut,
                                false),
                        Duration.ofSeconds(10),
                        true),
                new LiveAgentSettings(
                        new RememberedNames(devices, root.resolve("state")), nodes, () -> Duration.ofMinutes(10)),
                ports,
                new AgentObservers(PoolObserver.NONE, KubeletObserver.NONE, HealthObserver.NONE, PodTraces.NONE));
    }

    public void stopAgent() {
        if (agent != null) {
            agent.close();
            agent = null;
        }
        if (driver != null) {
            driver.close();
            driver = null;
        }
    }

    public void awaitRegistration() {
        Awaitility.await("registration with kubelet")
                .until(() -> !kubelet.devices().isEmpty());
    }

    NodeAgent agent() {
        if (agent == null) {
            throw new IllegalStateException("the agent is not started");
        }
        return agent;
    }

    /** The pool of the running agent. */
    public InstancePool pool() {
        return agent().pool();
    }

    /** The states of all instances that the agent knows. */
    List<InstanceState> states() {
        return pool().instances().stream().map(MigInstance::state).toList();
    }

    /** Waits until the agent has compared GPUs and pods once more, from beginning to end: it sees one after another. */
    void awaitPass() throws GpuException {
        for (int start = 5; start <= 6; start++) {
            Placement place = new Placement(start, 1);
            var _ = machine.createForeignInstance(gpu(0), MigProfile.parse("1g.10gb"), place, 1);
            Awaitility.await().until(() -> pool().instances().stream()
                    .anyMatch(instance -> instance.slice().placement().equals(place)));
        }
    }

    /** Where the agent serves PodResources with UUIDs. */
    public Path translatedPodResources() {
        return root.resolve("run").resolve("pr.sock");
    }

    public String gpu(int index) throws GpuException {
        return machine.snapshot().gpus().get(index).description().uuid();
    }

    /** What kubelet does to start a container that has these slots; the devices that the container sees. */
    public List<String> start(String podUid, String container, String... slots) throws IOException {
        kubelet.allocate(slots);
        kubelet.checkpoint(podUid, container, slots);
        return restart(slots);
    }

    /** Starts a pod that reserved one {@code 1g.10gb} on the first GPU; what its container sees. */
    List<String> runPod(String name, String slot, int at) throws IOException, GpuException {
        cluster.add(ReservedPod.named(name)
                .app("main", ReservedPod.slice(gpu(0), "1g.10gb", at, 1))
                .build());
        return start("uid-" + name, "main", slot);
    }

    public List<String> restart(String... slots) throws IOException {
        kubelet.preStart(slots);
        return visible(slots[0]);
    }

    /** The devices that the container with that smallest slot sees. */
    public List<String> visible(String slot) throws IOException {
        return List.of(environment(slot)
                .getOrDefault("NVIDIA_VISIBLE_DEVICES", "nothing")
                .split(",", -1));
    }

    /** The same as {@code profile at placement}. */
    public List<String> cutFor(String slot) throws IOException, GpuException {
        List<String> cut = new ArrayList<>();
        for (String uuid : visible(slot)) {
            cut.add(machine.snapshot().gpus().stream()
                    .flatMap(g -> g.instances().stream())
                    .filter(gi -> gi.computeInstances().stream()
                            .anyMatch(ci -> ci.migUuid().equals(uuid)))
                    .map(gi -> gi.profile() + " at " + gi.placement())
                    .findFirst()
                    .orElse("nothing"));
        }
        return cut;
    }

    /** All instances on a GPU, as {@code profile at placement}, whoever made them. */
    public List<String> instances(int index) throws GpuException {
        return machine.snapshot().gpus().get(index).instances().stream()
                .map(gi -> gi.profile() + " at " + gi.placement())
                .sorted()
                .toList();
    }

    public Path cdiFile(String slot) {
        return root.resolve("cdi").resolve("migpool.io-gpu-" + slot + ".json");
    }

    public Map<String, String> environment(String slot) throws IOException {
        Map<String, String> environment = new TreeMap<>();
        for (JsonNode entry : edits(slot).path("env")) {
            String text = entry.asText();
            environment.put(text.substring(0, text.indexOf('=')), text.substring(text.indexOf('=') + 1));
        }
        return environment;
    }

    /** Has configuration leave one GPU out. */
    public void filter(String gpuUuid) {
        nodes.change(new NodeSettings(List.of(new NodeConfig(
                NodeSelection.named(ReservedPod.NODE),
                mode,
                GpuModes.NONE,
                MigStrategy.NONE,
                new FilterDevices(List.of(gpuUuid), List.of()),
                LabelDriven.NONE,
                NodeOverrides.NONE,
                false))));
    }

    public JsonNode edits(String slot) throws IOException {
        JsonNode device =
                JSON.readTree(Files.readString(cdiFile(slot))).path("devices").get(0);
        if (!slot.equals(device.path("name").asText())) {
            throw new IllegalStateException("CDI device " + device + " is not named " + slot);
        }
        return device.path("containerEdits");
    }

    @Override
    public void close() {
        stopAgent();
        kubelet.close();
        machine.close();
    }
}
