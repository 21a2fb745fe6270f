package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.grpc.Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * A node's kubelet and container runtime without processes: registers a Node, serves the sockets that device plugins
 * and monitors use, and runs the pods that are bound to its node. The methods other than {@link #start} and
 * {@link #close} simulate what happens to real nodes.
 */
public final class Kubelet implements AutoCloseable {

    private static final long CLOSE_SECONDS = 5;

    private final KubeletOptions options;
    private final Path pluginDirectory;
    private final Path podResourcesSocket;
    private final UnixTransport transport;
    private final NodeTime time;
    private final ContainerRuntime runtime;
    private final DevicePlugins plugins;
    private final DeviceAllocator devices;
    private final NodeReporter reporter;
    private final NodeLease lease;
    private final NodeServices node;
    private final ExecutorService workerThreads;
    private final Map<String, PodWorker> workers = new ConcurrentHashMap<>();
    private final SharedIndexInformer<Pod> informer;
    private volatile boolean closed;

    // Guards servers; serialises start, restart, reboot and close. The sockets are local, so nothing under it waits for
    // long.
    private final ReentrantLock sockets = new ReentrantLock();
    private List<Server> servers = List.of();

    /**
     * Creates the node's directories, sockets and Node object and starts running its pods.
     *
     * @throws UncheckedIOException if a directory or socket cannot be created
     * @throws io.fabric8.kubernetes.client.KubernetesClientException if the API server refuses the Node
     */
    public static Kubelet start(KubeletOptions options) {
        return start(options, new SystemTime(options.nodeName()));
    }

    /** Starts a kubelet that waits by this time and closes it at its end. */
    static Kubelet start(KubeletOptions options, NodeTime time) {
        try {
            return new Kubelet(options, time);
        } catch (IOException unusable) {
            throw new UncheckedIOException("root %s cannot be used".formatted(options.root()), unusable);
        }
    }

    private Kubelet(KubeletOptions options, NodeTime time) throws IOException {
        this.options = options;
        this.pluginDirectory = Files.createDirectories(options.root().resolve("device-plugins"));
        this.podResourcesSocket = options.root().resolve("pod-resources").resolve("kubelet.sock");
        Files.createDirectories(options.cdiDirectory());
        this.transport = new UnixTransport(options.nodeName());
        this.time = time;
        var checkpoint = new Checkpoint(pluginDirectory);
        var remembered = checkpoint.read();
        this.plugins = new DevicePlugins(
                transport,
                pluginDirectory,
                options.timing(),
                time,
                remembered.registered().keySet(),
                this::devicesChanged);
        this.devices = new DeviceAllocator(plugins, checkpoint, remembered.assignments(), options.seed());
        this.runtime = new ContainerRuntime(options.listeners(), time);
        this.reporter = new NodeReporter(options, time, plugins);
        var cdi = new CdiRegistry(List.of(options.hostCdiDirectory(), options.cdiDirectory()));
        var starter = new ContainerStarter(plugins, devices, cdi, runtime, time);
        var api = new PodApi(options.client(), options.nodeName(), time);
        var check = new AdmissionCheck(options.capacity(), this::activePods, reporter::read);
        this.node = new NodeServices(options, runtime, devices, check, starter, api, time);
        this.workerThreads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name(options.nodeName() + "-pod-", 0).factory());
        reporter.register();
        lease = new NodeLease(options.client(), options.nodeName());
        lease.renew();
        openSockets();
        this.informer = options.client()
                .pods()
                .inAnyNamespace()
                .withField("spec.nodeName", options.nodeName())
                .runnableInformer(0)
                .addEventHandler(new Pods());
        // No pod is admitted before the devices of pods that are gone are free again.
        node.admission.lock();
        try {
            informer.run();
            devices.retainPods(informer.getStore().list().stream()
                    .filter(pod -> pod.getStatus() == null
                            || !PodPhase.isTerminal(
                                    Objects.requireNonNullElse(pod.getStatus().getPhase(), "Pending")))
                    .map(pod -> pod.getMetadata().getUid())
                    .collect(Collectors.toSet()));
        } finally {
            node.admission.unlock();
        }
    }

    /** Returns the name of the node. */
    public String nodeName() {
        return options.nodeName();
    }

    /** Returns the resources whose plugins have registered and announced at least one healthy device. */
    public Set<String> resources() {
        return plugins.endpoints().stream()
                .filter(endpoint -> !endpoint.healthyIds().isEmpty())
                .map(PluginEndpoint::resource)
                .collect(Collectors.toSet());
    }

    /** Returns every container whose process is running, including those of removed pods. */
    public List<RunningContainer> containers() {
        return runtime.running().stream().map(ContainerProcess::container).toList();
    }

    /** Returns the running containers of one pod. */
    public List<RunningContainer> containers(String namespace, String pod) {
        return processes(namespace, pod).stream()
                .map(ContainerProcess::container)
                .toList();
    }

    /**
     * Ends the app containers of a pod with exit code 0.
     *
     * @throws IllegalStateException if none runs, or the pod's restart policy Always would start them again
     */
    public void completePod(String namespace, String pod) {
        var policy = worker(namespace, pod)
                .map(worker -> PodPhase.restartPolicy(worker.pod()))
                .orElseThrow(() -> notRunning(namespace, pod, "*"));
        if ("Always".equals(policy)) {
            throw new IllegalStateException("restartPolicy of pod %s/%s is Always: only Never or OnFailure can complete"
                    .formatted(namespace, pod));
        }
        var apps = processes(namespace, pod).stream()
                .filter(process -> process.kind() == ContainerPlan.Kind.APP)
                .toList();
        if (apps.isEmpty()) {
            throw notRunning(namespace, pod, "*");
        }
        apps.forEach(process -> runtime.end(process, 0));
    }

    /**
     * Ends one container with exit code 1; its pod's restart policy then decides.
     *
     * @throws IllegalStateException if it is not running
     */
    public void crashContainer(String namespace, String pod, String container) {
        var process = processes(namespace, pod).stream()
                .filter(candidate -> candidate.container().container().equals(container))
                .findFirst()
                .orElseThrow(() -> notRunning(namespace, pod, container));
        runtime.end(process, 1);
    }

    /**
     * Removes the pod from the API server without grace while its containers keep running, until {@link #reapOrphans}.
     * As in kubelet, its devices are free immediately.
     *
     * @throws IllegalStateException if the node has no such pod
     */
    public void forceDelete(String namespace, String pod) {
        var worker = worker(namespace, pod).orElseThrow(() -> notRunning(namespace, pod, "*"));
        worker.linger();
        node.api.delete(worker.pod());
    }

    /** Kills the containers whose pods have been removed. */
    public void reapOrphans() {
        runtime.running().stream()
                .filter(process -> {
                    var worker = workers.get(process.container().podUid());
                    return worker == null || worker.isLingering();
                })
                .forEach(process -> runtime.end(process, ContainerRuntime.KILLED));
    }

    /** Restarts kubelet immediately; see {@link #restart(Runnable)}. */
    public void restart() {
        restart(() -> {});
    }

    /**
     * Restarts kubelet: containers keep running, the sockets of kubelet and of the plugins are removed, kubelet's are
     * created again, and plugins have to register again. Pods are re-admitted immediately, which fails those with a
     * container that requests devices and is not running at that moment. Until the plugin is back, nothing is allocated
     * and containers start without PreStartContainer.
     *
     * @param whileDown runs between the end of the old and the start of the new kubelet
     */
    public void restart(Runnable whileDown) {
        cycle(whileDown, 0, () -> {});
    }

    /** Reboots the node; see {@link #reboot(Runnable, Runnable)}. */
    public void reboot(Runnable whileDown) {
        reboot(whileDown, () -> {});
    }

    /**
     * Reboots the node: containers, sockets and CDI files are gone, the checkpoint stays, the Node gets a new boot id,
     * and all pods that had not ended are re-admitted; those with devices survive this only if the plugin is back by
     * then.
     *
     * @param whileDown runs while the node is down, for example to remove its GPU instances
     * @param beforeAdmission runs when kubelet is reachable but has not admitted any pod yet, for example to wait for
     *     the plugin
     */
    public void reboot(Runnable whileDown, Runnable beforeAdmission) {
        cycle(
                () -> {
                    runtime.powerOff();
                    clear(options.cdiDirectory());
                    reporter.rebooted();
                    whileDown.run();
                },
                1,
                beforeAdmission);
    }

    @Override
    public void close() {
        closed = true;
        informer.close();
        workers.values().forEach(PodWorker::close);
        time.close();
        lease.close();
        closeSockets();
        workerThreads.shutdownNow();
        awaitWorkers();
        transport.close();
    }

    private void cycle(Runnable whileDown, int boots, Runnable beforeAdmission) {
        node.down.set(true);
        closeSockets();
        clear(pluginDirectory);
        whileDown.run();
        try {
            openSockets();
        } catch (IOException unusable) {
            throw new UncheckedIOException("root %s cannot be used".formatted(options.root()), unusable);
        }
        runtime.powerOn();
        devicesChanged();
        beforeAdmission.run();
        node.start.updateAndGet(last -> new KubeletStart(last.number() + 1, last.boot() + boots, runtime.running()));
        node.down.set(false);
        workers.values().forEach(PodWorker::resume);
    }

    private void openSockets() throws IOException {
        sockets.lock();
        try {
            var limit = new CallLimit(PodResourcesService.CALLS_PER_SECOND, PodResourcesService.BURST, time);
            servers = List.of(
                    transport.serve(pluginDirectory.resolve("kubelet.sock"), plugins),
                    transport.serve(podResourcesSocket, new PodResourcesService(this::activePods, devices, limit)));
        } finally {
            sockets.unlock();
        }
    }

    private void closeSockets() {
        sockets.lock();
        try {
            for (var server : servers) {
                server.shutdownNow();
                server.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
            }
            servers = List.of();
            plugins.forgetConnections();
            Files.deleteIfExists(podResourcesSocket);
            Files.deleteIfExists(pluginDirectory.resolve("kubelet.sock"));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException unremovable) {
            throw new UncheckedIOException("a socket under %s stays".formatted(options.root()), unremovable);
        } finally {
            sockets.unlock();
        }
    }

    /** Removes everything except the checkpoint, as kubelet does with the plugins' sockets when it starts. */
    private static void clear(Path directory) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (var entry : entries) {
                if (!entry.endsWith(Checkpoint.FILE_NAME)) {
                    Files.deleteIfExists(entry);
                }
            }
        } catch (IOException unremovable) {
            throw new UncheckedIOException("directory %s cannot be emptied".formatted(directory), unremovable);
        }
    }

    private void devicesChanged() {
        if (closed) {
            return;
        }
        devices.writeCheckpoint();
        reporter.refresh();
    }

    private Collection<Pod> activePods() {
        return workers.values().stream()
                .filter(PodWorker::isActive)
                .map(PodWorker::pod)
                .toList();
    }

    private Optional<PodWorker> worker(String namespace, String pod) {
        return workers.values().stream()
                .filter(worker -> worker.pod().getMetadata().getNamespace().equals(namespace)
                        && worker.pod().getMetadata().getName().equals(pod))
                .findFirst();
    }

    private List<ContainerProcess> processes(String namespace, String pod) {
        return runtime.running().stream()
                .filter(process -> process.container().namespace().equals(namespace)
                        && process.container().pod().equals(pod))
                .toList();
    }

    private IllegalStateException notRunning(String namespace, String pod, String container) {
        return new IllegalStateException("container %s of pod %s/%s does not run on node %s, which runs %s"
                .formatted(container, namespace, pod, options.nodeName(), containers()));
    }

    private void awaitWorkers() {
        try {
            workerThreads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Passes watch events to the workers, by uid: a pod that comes back under its old name is another pod. */
    private final class Pods implements ResourceEventHandler<Pod> {

        @Override
        public void onAdd(Pod pod) {
            var uid = pod.getMetadata().getUid();
            var worker = new PodWorker(pod, node, () -> workers.remove(uid));
            if (workers.putIfAbsent(uid, worker) == null) {
                workerThreads.execute(worker);
            }
        }

        @Override
        public void onUpdate(Pod before, Pod now) {
            var worker = workers.get(now.getMetadata().getUid());
            if (worker == null) {
                onDelete(before, true);
                onAdd(now);
            } else {
                worker.update(now);
            }
        }

        @Override
        public void onDelete(Pod pod, boolean finalStateUnknown) {
            var worker = workers.get(pod.getMetadata().getUid());
            if (worker != null) {
                worker.removed();
            }
        }
    }
}
