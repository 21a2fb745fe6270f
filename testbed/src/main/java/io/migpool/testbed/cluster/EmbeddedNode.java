package io.migpool.testbed.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.EmbeddedApp;
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

    private static final String GPU_LABEL = "gpu";

    private final NodeSpec spec;
    private final ClusterSpec cluster;
    private final Path directory;
    private final Path kubeconfig;
    private final SimulatedMachine machine;
    private final Kubelet kubelet;
    private Optional<EmbeddedApp> agent = Optional.empty();

    private EmbeddedNode(
            NodeSpec spec,
            ClusterSpec cluster,
            Path directory,
            Path kubeconfig,
            SimulatedMachine machine,
            Kubelet kubelet) {
        this.spec = spec;
        this.cluster = cluster;
        this.directory = directory;
        this.kubeconfig = kubeconfig;
        this.machine = machine;
        this.kubelet = kubelet;
    }

    /** Starts the machine and its kubelet; the agent is started apart. */
    static EmbeddedNode start(
            NodeSpec spec, ClusterSpec cluster, Path directory, Path kubeconfig, KubernetesClient client)
            throws IOException, GpuException {
        Files.createDirectories(directory);
        SimulatedMachine machine = SimulatedMachine.onFile(
                stateFile(directory), MachineSpec.of(spec.boards()).withMigEnabled(spec.migEnabled()));
        Kubelet kubelet = Kubelet.start(KubeletOptions.of(spec.name(), directory.resolve("k"), client)
                .withLabels(Map.of(GPU_LABEL, "on"))
                .withTiming(cluster.kubeletTiming())
                .withListeners(List.of(new ContainerProcesses(machine))));
        return new EmbeddedNode(spec, cluster, directory, kubeconfig, machine, kubelet);
    }

    private static Path stateFile(Path directory) {
        return directory.resolve("gpus.json");
    }

    /** Name of the Node. */
    public String name() {
        return spec.name();
    }

    /** The machine, to act on its GPUs from outside the agent. */
    public SimulatedMachine machine() {
        return machine;
    }

    /** The kubelet. */
    public Kubelet kubelet() {
        return kubelet;
    }

    /** The devices that a running container sees, in order; empty if it does not run. */
    public List<String> devicesSeenBy(String namespace, String pod, String container) {
        return kubelet.containers(namespace, pod).stream()
                .filter(running -> running.container().equals(container))
                .findFirst()
                .map(ContainerProcesses::visibleDevices)
                .orElse(List.of());
    }

    /** The running containers of a pod. */
    public List<RunningContainer> containers(String namespace, String pod) {
        return kubelet.containers(namespace, pod);
    }

    /** Starts the node agent. */
    public synchronized void startAgent() throws IOException {
        Map<String, String> settings = new HashMap<>(cluster.settings());
        Path k = directory.resolve("k");
        settings.put("server.port", "0");
        settings.put("server.host", "127.0.0.1");
        settings.put("migpool.kubernetes.kubeconfig", kubeconfig.toString());
        settings.put("migpool.node.name", spec.name());
        settings.put(
                "migpool.kubelet.device-plugin-dir", k.resolve("device-plugins").toString());
        settings.put(
                "migpool.kubelet.pod-resources-socket",
                k.resolve("pod-resources").resolve("kubelet.sock").toString());
        settings.put("migpool.cdi.directory", k.resolve("cdi").toString());
        settings.put("migpool.state.directory", directory.resolve("state").toString());
        settings.put("migpool.gpu.driver", "simulated");
        settings.put("migpool.simulated.state-file", stateFile(directory).toString());
        settings.put("migpool.simulated.boards", spec.boards());
        settings.put("migpool.simulated.create-latency", cluster.createLatency().toString());
        agent = Optional.of(
                EmbeddedApp.start(AppKind.DEVICE_PLUGIN, "agent-" + spec.name(), settings, directory.resolve("agent")));
    }

    /** Stops the node agent; running containers and their instances stay. */
    public synchronized void stopAgent() throws IOException {
        if (agent.isPresent()) {
            agent.get().close();
            agent = Optional.empty();
        }
    }

    /**
     * The running agent.
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
