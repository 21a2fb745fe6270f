package io.migpool.testbed.cluster;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.app.DeliveredApp;
import io.migpool.testbed.app.EmbeddedApp;
import io.migpool.testbed.controlplane.ControlPlane;
import io.migpool.testbed.controlplane.KubeSchedulerConfiguration;
import io.migpool.testbed.controlplane.RunningScheduler;
import io.migpool.testbed.controlplane.SchedulerSetup;
import io.migpool.testbed.scheduler.LeaderElection;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A whole cluster in this JVM. Starting blocks until every node accepts pods. Closing stops everything in reverse
 * order; failures are reported together, after the rest has been stopped.
 */
public final class EmbeddedCluster implements AutoCloseable {

    /** Namespace of MigPool's own objects. */
    public static final String SYSTEM_NAMESPACE = "kube-system";

    /** ConfigMap with {@link #DEVICE_CONFIG_KEY}. */
    public static final String DEVICE_CONFIG_MAP = "hami-scheduler-device";

    /** What requests mean and which profiles are allowed. */
    public static final String DEVICE_CONFIG_KEY = "device-config.yaml";

    /** ConfigMap with {@link #NODE_CONFIG_KEY}. */
    public static final String NODE_CONFIG_MAP = "hami-device-plugin";

    /** How the GPUs of each node are shared. */
    public static final String NODE_CONFIG_KEY = "config.json";

    private static final System.Logger LOG = System.getLogger(EmbeddedCluster.class.getName());
    private static final String SCHEDULER_ACCOUNT = "migpool-scheduler";
    private static final String LOOPBACK = "127.0.0.1";

    private final ClusterSpec spec;
    private final Path directory;
    private final OpenResources closing = new OpenResources();
    private final Map<String, EmbeddedNode> nodes = new LinkedHashMap<>();
    private final ControlPlane controlPlane;
    private final Accounts accounts;
    private final KubernetesClient client;
    private EmbeddedApp admission;
    private final List<EmbeddedApp> extenders = new ArrayList<>();
    private final List<RunningScheduler> schedulers = new ArrayList<>();
    /** Index of the leading scheduler and of its extender. */
    private int leader;

    private EmbeddedCluster(
            ClusterSpec spec, Map<String, String> environment, Installation installation, Path directory)
            throws IOException, GpuException, InterruptedException {
        this.spec = spec;
        this.directory = directory;
        closing.add(() -> Directories.delete(directory));
        try {
            controlPlane = closing.add(ControlPlane.start(environment, directory.resolve("control-plane")));
            LOG.log(System.Logger.Level.INFO, "control plane: {0}", controlPlane.description());
            client = closing.add(new KubernetesClientBuilder()
                    .withConfig(Config.fromKubeconfig(controlPlane.kubeconfig()))
                    .build());
            accounts = new Accounts(controlPlane, client, directory);
            installation.into(controlPlane.kubeconfig(), client);
            configure(DEVICE_CONFIG_MAP, DEVICE_CONFIG_KEY, spec.deviceConfig());
            configure(NODE_CONFIG_MAP, NODE_CONFIG_KEY, spec.nodeConfig());
            // From here on every application may do only what the manifests grant to its account.
            controlPlane
                    .apiServerDouble()
                    .ifPresent(apiServer -> apiServer.access().enforceRbac());
            for (NodeSpec node : spec.nodes()) {
                nodes.put(node.name(), closing.add(startNode(node)));
            }
            try (Startup startup = new Startup()) {
                List<Startup.Started<EmbeddedApp>> begun = IntStream.range(0, spec.replicas())
                        .mapToObj(i -> startup.begin(() -> startExtender(i, 0)))
                        .toList();
                Startup.Started<EmbeddedApp> firstAdmission = startup.begin(this::startAdmission);
                nodes.values().forEach(node -> startup.begin(node::startAgent));
                for (Startup.Started<EmbeddedApp> extender : begun) {
                    int index = extenders.size();
                    extenders.add(extender.await());
                    closing.add(() -> extenders.get(index).close());
                }
                admission = firstAdmission.await();
                closing.add(() -> admission.close());
                startup.awaitAll();
            }
            Readiness readiness = new Readiness(client, spec.countResource());
            for (int i = 0; i < spec.replicas(); i++) {
                schedulers.add(closing.add(startScheduler(i)));
                if (election(i).isPresent()) {
                    readiness.awaitLeader(election(i).get());
                }
            }
            readiness.awaitReady(extenders);
            readiness.awaitReady(List.of(admission));
            readiness.awaitServing(nodes.keySet());
        } catch (IOException | GpuException | InterruptedException | RuntimeException e) {
            closing.closeAfter(e);
            throw e;
        }
    }

    /**
     * Starts a cluster and waits until it accepts pods. Its API server and scheduler are the real ones if this JVM's
     * environment says where they are, otherwise those of the testbed.
     *
     * @throws IOException if something does not start or is not ready within two minutes; says what
     * @throws GpuException if the GPUs cannot be simulated
     */
    public static EmbeddedCluster start(ClusterSpec spec) throws IOException, GpuException, InterruptedException {
        return start(spec, System.getenv());
    }

    /**
     * As {@link #start(ClusterSpec)}, with other environment variables.
     *
     * @param environment in which {@value ControlPlane#ASSETS_VARIABLE} may name a directory of programs
     */
    public static EmbeddedCluster start(ClusterSpec spec, Map<String, String> environment)
            throws IOException, GpuException, InterruptedException {
        return start(spec, environment, Installation.PARTS);
    }

    /** As {@link #start(ClusterSpec, Map)}, with another way of installing MigPool. */
    public static EmbeddedCluster start(ClusterSpec spec, Map<String, String> environment, Installation installation)
            throws IOException, GpuException, InterruptedException {
        // Short, because the paths of kubelet's sockets must stay below 108 bytes.
        return new EmbeddedCluster(spec, environment, installation, Files.createTempDirectory("mp"));
    }

    private void configure(String name, String key, String document) {
        if (client.configMaps().inNamespace(SYSTEM_NAMESPACE).withName(name).get() != null) {
            editConfigMap(name, key, document);
            return;
        }
        client.resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(SYSTEM_NAMESPACE)
                        .endMetadata()
                        .withData(Map.of(key, document))
                        .build())
                .create();
    }

    private EmbeddedNode startNode(NodeSpec node) throws IOException, GpuException {
        return EmbeddedNode.start(node, spec, directory.resolve("n" + nodes.size()), accounts, client);
    }

    private EmbeddedApp startAdmission() throws IOException {
        Map<String, String> settings = settings(WebhookAddress.NAME);
        settings.put("migpool.admission.tls.mode", "self");
        EmbeddedApp app = EmbeddedApp.start(AppKind.ADMISSION, "admission", settings, directory.resolve("admission"));
        WebhookAddress.publish(client, app.port());
        return app;
    }

    private EmbeddedApp startExtender(int index, int port) throws IOException {
        Map<String, String> settings = settings(SCHEDULER_ACCOUNT);
        settings.put("server.port", Integer.toString(port));
        if (controlPlane.apiServerDouble().isPresent()) {
            settings.put("migpool.extender.host", schedulerHost(index));
        }
        String name = "extender-" + index;
        return EmbeddedApp.start(AppKind.EXTENDER, name, settings, directory.resolve(name));
    }

    private Map<String, String> settings(String serviceAccount) throws IOException {
        Map<String, String> settings = new HashMap<>(spec.settings());
        settings.put("server.host", LOOPBACK);
        settings.put("server.port", "0");
        settings.put("server.sockets.0.name", "admin");
        settings.put("server.sockets.0.host", LOOPBACK);
        settings.put("server.sockets.0.port", "0");
        settings.put(
                "migpool.kubernetes.kubeconfig",
                accounts.kubeconfig(serviceAccount).toString());
        return settings;
    }

    private RunningScheduler startScheduler(int index) throws IOException, InterruptedException {
        return controlPlane.startScheduler(new SchedulerSetup(
                accounts.kubeconfigText(SCHEDULER_ACCOUNT),
                URI.create("http://" + LOOPBACK + ":" + extenders.get(index).port()),
                KubeSchedulerConfiguration.installed(client, SYSTEM_NAMESPACE),
                spec.schedulerBackOff(),
                election(index)));
    }

    /** Uses kube-scheduler's own times, so that a busy machine does not make a running leader lose its Lease. */
    private Optional<LeaderElection> election(int index) {
        return spec.replicas() == 1 ? Optional.empty() : Optional.of(LeaderElection.of(schedulerHost(index) + "_0"));
    }

    /** A real kube-scheduler gets the host name from the machine, as its extender does. */
    private static String schedulerHost(int index) {
        return "scheduler-" + index;
    }

    /** Returns an administrator's client. */
    public KubernetesClient client() {
        return client;
    }

    /** Returns an administrator's kubeconfig, as YAML. */
    public String kubeconfig() {
        return controlPlane.kubeconfig();
    }

    /** Returns the API server double, for injecting faults and inspecting requests; empty if a real one is used. */
    public Optional<ApiServer> apiServerDouble() {
        return controlPlane.apiServerDouble();
    }

    /** Returns one line that says which API server and scheduler this cluster has. */
    public String controlPlane() {
        return controlPlane.description();
    }

    /** Returns the nodes, in the order of the specification. */
    public List<EmbeddedNode> nodes() {
        return new ArrayList<>(nodes.values());
    }

    /**
     * Returns a node by name.
     *
     * @throws IllegalArgumentException if the cluster has no node of this name
     */
    public EmbeddedNode node(String name) {
        EmbeddedNode node = nodes.get(name);
        if (node == null) {
            throw new IllegalArgumentException("no node '" + name + "'; there are " + nodes.keySet());
        }
        return node;
    }

    /** Returns the extender of the leading scheduler. */
    public EmbeddedApp extender() {
        return extenders.get(leader);
    }

    /** Returns the extenders of all replicas. */
    public List<EmbeddedApp> extenders() {
        return List.copyOf(extenders);
    }

    /** Returns the running admission webhook. */
    public EmbeddedApp admission() {
        return admission;
    }

    /**
     * Stops the extender and starts a new one at the same address, which knows only what it gets from the API server.
     */
    public void restartExtender() throws IOException, InterruptedException {
        int port = extender().port();
        extender().close();
        extenders.set(leader, startExtender(leader, port));
        new Readiness(client, spec.countResource()).awaitReady(List.of(extender()));
    }

    /**
     * Stops the embedded extender and starts one as a process of its own at the same address. The caller closes it.
     *
     * @param serviceAccount the account that it uses with the API server
     * @param environment all environment variables of the process
     */
    public AppProcess startExtenderProcess(String serviceAccount, Map<String, String> environment) throws IOException {
        return startProcess(AppKind.EXTENDER, extender(), serviceAccount, environment);
    }

    /** The same for the admission webhook, whose address the API server learns anew. */
    public AppProcess startAdmissionProcess(String serviceAccount, Map<String, String> environment) throws IOException {
        WebhookAddress.publish(client, admission.port());
        return startProcess(AppKind.ADMISSION, admission, serviceAccount, environment);
    }

    private AppProcess startProcess(
            AppKind kind, EmbeddedApp instead, String serviceAccount, Map<String, String> environment)
            throws IOException {
        Map<String, String> settings = settings(serviceAccount);
        settings.put("server.port", Integer.toString(instead.port()));
        instead.close();
        return AppProcess.start(
                kind, settings, "server.sockets.0.port", environment, directory.resolve(instead.name() + "-process"));
    }

    /**
     * Stops the embedded extender or admission webhook and starts its delivered form at the same address. The caller
     * closes it.
     *
     * @throws IllegalArgumentException if it is the node agent, which {@link EmbeddedNode#startDeliveredAgent} starts
     */
    public AppProcess startDelivered(DeliveredApp app) throws IOException {
        EmbeddedApp instead =
                switch (app.kind()) {
                    case EXTENDER -> extender();
                    case ADMISSION -> admission;
                    case DEVICE_PLUGIN -> throw new IllegalArgumentException("a node agent is started on a node");
                };
        Map<String, String> settings =
                settings(app.kind() == AppKind.ADMISSION ? WebhookAddress.NAME : SCHEDULER_ACCOUNT);
        settings.put("server.port", Integer.toString(instead.port()));
        settings.put("migpool.admission.tls.mode", "self");
        instead.close();
        return AppProcess.delivered(
                app, settings, "server.sockets.0.port", directory.resolve(instead.name() + "-delivered"));
    }

    /** The same for the agent of a node, which has its own account there. */
    public AppProcess startAgentProcess(String node, String serviceAccount, Map<String, String> environment)
            throws IOException {
        node(node).stopAgent();
        return node(node)
                .startAgentProcess(
                        Map.of(
                                "migpool.kubernetes.kubeconfig",
                                accounts.kubeconfig(serviceAccount, node).toString()),
                        environment);
    }

    /** Stops the admission webhook, so that its address does not answer until {@link #restartAdmission}. */
    public void stopAdmission() throws IOException {
        admission.close();
    }

    /** Starts a new admission webhook after {@link #stopAdmission} and waits until it is ready. */
    public void restartAdmission() throws IOException, InterruptedException {
        admission = startAdmission();
        new Readiness(client, spec.countResource()).awaitReady(List.of(admission));
    }

    /** Restarts a node's kubelet and waits until the agent has registered with the new one. */
    public void restartKubelet(String node) throws IOException, InterruptedException {
        node(node).kubelet().restart();
        Readiness readiness = new Readiness(client, spec.countResource());
        readiness.awaitRegistration(node(node).kubelet());
        readiness.awaitServing(List.of(node));
    }

    /**
     * Kills the leading scheduler and returns at once. The other one takes over when the Lease has expired; the
     * extender of the killed one continues its requests.
     *
     * @throws IllegalStateException if no other scheduler is left
     */
    public void failOver() {
        if (leader + 1 == schedulers.size()) {
            throw new IllegalStateException("no other scheduler is left of " + spec.replicas());
        }
        schedulers.get(leader).kill();
        leader++;
    }

    /** Stops a node's agent and starts a new one, which finds the machine as the old one left it. */
    public void restartAgent(String node) throws IOException, InterruptedException {
        node(node).stopAgent();
        node(node).startAgent();
        new Readiness(client, spec.countResource()).awaitServing(List.of(node));
    }

    /** Edits one of the two ConfigMaps as {@code kubectl edit} would. */
    public void editConfigMap(String name, String key, String document) {
        client.configMaps().inNamespace(SYSTEM_NAMESPACE).withName(name).edit(map -> new ConfigMapBuilder(map)
                .addToData(key, document)
                .build());
    }

    @Override
    public void close() throws IOException {
        closing.close();
    }
}
