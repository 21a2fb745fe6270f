package io.migpool.testbed.cluster;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.app.DeliveredApp;
import io.migpool.testbed.app.EmbeddedApp;
import io.migpool.testbed.kubelet.CdiRegistry;
import io.migpool.testbed.kubelet.Kubelet;
import io.migpool.testbed.kubelet.KubeletOptions;
import io.migpool.testbed.kubelet.RunningContainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A node: simulated GPUs, a kubelet, and the node agent, which can be stopped and started again. */
public final class EmbeddedNode implements AutoCloseable {

    /** By default a kubelet accepts 110 pods, fewer than a few GPUs have slices for. */
    private static final Map<String, Quantity> CAPACITY =
            Map.of("cpu", new Quantity("64"), "memory", new Quantity("512Gi"), "pods", new Quantity("250"));

    private static final String AGENT_ACCOUNT = "migpool-device-plugin";
    private static final String GPU_LABEL = "gpu";
    private static final String NODE_SETTING = "migpool.node.name";

    private final NodeSpec spec;
    private final ClusterSpec cluster;
    private final Path directory;
    private final Path kubeconfig;
    private final SimulatedMachine machine;
    private final Kubelet kubelet;
    private final NvidiaRuntime runtime;
    private Optional<EmbeddedApp> agent = Optional.empty();

    private EmbeddedNode(
            NodeSpec spec,
            ClusterSpec cluster,
            Path directory,
            Path kubeconfig,
            SimulatedMachine machine,
            Kubelet kubelet,
            NvidiaRuntime runtime) {
        this.spec = spec;
        this.cluster = cluster;
        this.directory = directory;
        this.kubeconfig = kubeconfig;
        this.machine = machine;
        this.kubelet = kubelet;
        this.runtime = runtime;
    }

    /** Starts the machine and its kubelet; the agent is started separately. */
    static EmbeddedNode start(
            NodeSpec spec, ClusterSpec cluster, Path directory, Accounts accounts, KubernetesClient client)
            throws IOException, GpuException {
        Files.createDirectories(directory);
        installLibrary(directory);
        new HostDriver(directory).install();
        SimulatedMachine machine = SimulatedMachine.onFile(
                stateFile(directory), MachineSpec.of(spec.boards()).withMigEnabled(spec.migEnabled()));
        Path hostCdi = new HostDriver(directory).specifications();
        NvidiaRuntime runtime = new NvidiaRuntime(new CdiRegistry(List.of(hostCdi, cdiDirectory(directory))), machine);
        Kubelet kubelet = Kubelet.start(KubeletOptions.of(spec.name(), directory.resolve("k"), client)
                .withLabels(Map.of(GPU_LABEL, "on"))
                .withCapacity(CAPACITY)
                .withHostCdiDirectory(hostCdi)
                .withTiming(cluster.kubeletTiming())
                .withListeners(List.of(new ContainerProcesses(machine, runtime))));
        // A token can only be bound to an existing node, which the kubelet has just registered.
        Path kubeconfig = accounts.kubeconfig(AGENT_ACCOUNT, spec.name());
        return new EmbeddedNode(spec, cluster, directory, kubeconfig, machine, kubelet, runtime);
    }

    private static Path cdiDirectory(Path directory) {
        return directory.resolve("k").resolve("cdi");
    }

    private static Path hookPath(Path directory) {
        return directory.resolve("hook");
    }

    /** Installs the intercepting library; nothing loads it here, so its content does not matter. */
    private static void installLibrary(Path directory) throws IOException {
        Path vgpu = Files.createDirectories(hookPath(directory).resolve("vgpu"));
        Files.writeString(vgpu.resolve("libvgpu.so"), "");
        Files.writeString(vgpu.resolve("ld.so.preload"), "/usr/local/vgpu/libvgpu.so");
    }

    /** Returns the path of the sharing library on this node. */
    public Path sharingLibrary() {
        return hookPath(directory).resolve("vgpu").resolve("libvgpu.so");
    }

    private static Path stateFile(Path directory) {
        return directory.resolve("gpus.json");
    }

    /** Returns the name of the Node. */
    public String name() {
        return spec.name();
    }

    /** Returns the socket on which the agent serves PodResources with the UUIDs of devices. */
    public Path translatedPodResources() {
        return directory.resolve("k").resolve("migpool").resolve("pr.sock");
    }

    /** Returns the directory that stands for {@code /var/run/cdi}. */
    public Path cdiDirectory() {
        return cdiDirectory(directory);
    }

    /** Returns the machine, for acting on its GPUs from outside the agent. */
    public SimulatedMachine machine() {
        return machine;
    }

    /** Returns the kubelet. */
    public Kubelet kubelet() {
        return kubelet;
    }

    /** Writes the CDI specification of the host's driver, for containers that start later. */
    public void describeDriver() throws IOException {
        new HostDriver(directory).describe();
    }

    /** Returns the devices that a running container sees, in order; empty if it is not running. */
    public List<String> devicesSeenBy(String namespace, String pod, String container) {
        return kubelet.containers(namespace, pod).stream()
                .filter(running -> running.container().equals(container))
                .findFirst()
                .map(runtime::visibleDevices)
                .orElse(List.of());
    }

    /** Returns the running containers of a pod. */
    public List<RunningContainer> containers(String namespace, String pod) {
        return kubelet.containers(namespace, pod);
    }

    /** Starts the node agent. */
    public synchronized EmbeddedApp startAgent() throws IOException {
        EmbeddedApp started = EmbeddedApp.start(
                AppKind.DEVICE_PLUGIN, "agent-" + spec.name(), agentSettings(), directory.resolve("agent"));
        agent = Optional.of(started);
        return started;
    }

    /**
     * Starts a node agent as a process of its own, which can be killed and whose memory can be measured. Stop the embedded one
     * first. The caller closes it.
     *
     * @param differing settings that differ from those of the embedded agent
     */
    public AppProcess startAgentProcess(Map<String, String> differing) throws IOException {
        Map<String, String> settings = agentSettings();
        settings.putAll(differing);
        return AppProcess.start(AppKind.DEVICE_PLUGIN, settings, directory.resolve("process"));
    }

    /**
     * Starts a node agent as a process that learns its node from environment variables; otherwise as
     * {@link #startAgentProcess(Map)}.
     *
     * @param environment all environment variables of the process
     */
    AppProcess startAgentProcess(Map<String, String> differing, Map<String, String> environment) throws IOException {
        Map<String, String> settings = agentSettings();
        settings.remove(NODE_SETTING);
        settings.putAll(differing);
        return AppProcess.start(
                AppKind.DEVICE_PLUGIN, settings, "server.port", environment, directory.resolve("process"));
    }

    /**
     * Starts a node agent in its delivered form; otherwise as {@link #startAgentProcess}.
     *
     * @param app the node agent
     * @param differing settings that differ from those of the embedded agent
     */
    public AppProcess startDeliveredAgent(DeliveredApp app, Map<String, String> differing) throws IOException {
        Map<String, String> settings = agentSettings();
        settings.putAll(differing);
        return AppProcess.delivered(app, settings, "server.port", directory.resolve("delivered"));
    }

    private Map<String, String> agentSettings() {
        Map<String, String> settings = new HashMap<>(cluster.settings());
        Path k = directory.resolve("k");
        settings.put("server.port", "0");
        settings.put("server.host", "127.0.0.1");
        settings.put("migpool.kubernetes.kubeconfig", kubeconfig.toString());
        settings.put(NODE_SETTING, spec.name());
        settings.put(
                "migpool.kubelet.device-plugin-dir", k.resolve("device-plugins").toString());
        settings.put("migpool.kubelet.stop-delay", "PT0S");
        settings.put(
                "migpool.kubelet.pod-resources-socket",
                k.resolve("pod-resources").resolve("kubelet.sock").toString());
        settings.put("migpool.pod-resources.socket", translatedPodResources().toString());
        settings.put("migpool.cdi.directory", cdiDirectory(directory).toString());
        settings.putAll(new HostDriver(directory).settings());
        settings.put("migpool.state.directory", directory.resolve("state").toString());
        settings.put("migpool.hami-core.hook-path", hookPath(directory).toString());
        settings.put(
                "migpool.hami-core.lock-directory",
                directory.resolve("vgpulock").toString());
        settings.put("migpool.gpu.driver", "simulated");
        settings.put("migpool.simulated.state-file", stateFile(directory).toString());
        settings.put("migpool.simulated.boards", spec.boards());
        settings.put("migpool.simulated.create-latency", cluster.createLatency().toString());
        return settings;
    }

    /** Stops the node agent; running containers and their instances stay. */
    public synchronized void stopAgent() throws IOException {
        if (agent.isPresent()) {
            agent.get().close();
            agent = Optional.empty();
        }
    }

    /**
     * Returns the running agent.
     *
     * @throws IllegalStateException if it is stopped
     */
    public synchronized EmbeddedApp agent() {
        return agent.orElseThrow(() -> new IllegalStateException("the agent of " + spec.name() + " is stopped"));
    }

    @Override
    public void close() throws IOException {
        stopAgent();
        kubelet.close();
        machine.close();
    }
}
