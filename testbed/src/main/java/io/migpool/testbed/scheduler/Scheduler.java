package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Binds pods to nodes as kube-scheduler with one extender does. Pods that name none of the extender's resources never reach it and
 * are bound directly.
 */
public final class Scheduler implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Scheduler.class.getName());
    /** Tells its requests from those of an extender with the same account. */
    private static final String USER_AGENT = "kube-scheduler/testbed";

    private static final long CLOSE_SECONDS = 5;

    private final KubernetesClient client;
    private final Set<String> names;
    private final ClusterState cluster = new ClusterState();
    private final AttemptLog log = new AttemptLog();
    private final SchedulingQueue queue;
    private final Optional<ExtenderClient> extender;
    private final ExecutorService threads;
    private final SharedIndexInformer<Node> nodes;
    private final SharedIndexInformer<Pod> pods;
    private final SharedIndexInformer<PodDisruptionBudget> budgets;
    private final Optional<Leadership> leadership;
    private volatile boolean ended;

    /**
     * Fills its view of the cluster and starts scheduling, unless it must be elected first.
     *
     * @throws io.fabric8.kubernetes.client.KubernetesClientException if nodes or pods cannot be listed
     */
    public static Scheduler start(SchedulerOptions options) {
        return new Scheduler(options);
    }

    private Scheduler(SchedulerOptions options) {
        this.names = options.profile().scores().keySet();
        this.queue =
                new SchedulingQueue(options.backOff(), options.backOffMax(), options.longestWait(), System::nanoTime);
        this.client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(options.api())
                        .withUserAgent(USER_AGENT)
                        .build())
                .build();
        this.extender =
                options.extender().map(settings -> new ExtenderClient(settings, client.getKubernetesSerialization()));
        var filters = new NodeFilters(
                options.extender().map(ExtenderOptions::ignoredResources).orElse(Set.of()));
        var ignorable = options.extender().map(ExtenderOptions::ignorable).orElse(false);
        this.threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual()
                .name("scheduler-", 0)
                .uncaughtExceptionHandler(this::died)
                .factory());
        this.nodes = client.nodes().inform(new Nodes(), 0);
        this.budgets =
                client.policy().v1().podDisruptionBudget().inAnyNamespace().inform();
        this.pods = client.pods().inAnyNamespace().inform(new Pods(), 0);
        var api = new SchedulerApi(client, options.clock());
        api.lookUpAuthentication();
        var loop = new SchedulingLoop(
                queue,
                cluster,
                new SchedulingCycle(filters, extender, ignorable, options.profile(), options.seed()),
                new Preemption(filters, extender, new DisruptionBudgets(() -> budgets.getStore()
                        .list())),
                extender,
                api,
                log,
                threads,
                options.profile().preBind(),
                this::latest);
        this.leadership =
                options.election().map(election -> new Leadership(client, election, threads, loop, queue::close));
        leadership.ifPresentOrElse(Leadership::stand, () -> threads.execute(loop));
    }

    /** Returns whether this replica schedules now; always true without an election. */
    public boolean isLeading() {
        return leadership.map(Leadership::isLeading).orElse(true);
    }

    /** Returns why the pod was not bound when it was last tried; empty once it is bound or gone. */
    public Optional<String> lastFailure(String namespace, String pod) {
        return log.lastFailure(namespace, pod);
    }

    /** Returns the last few thousand cycles of all pods, oldest first. */
    public List<SchedulingAttempt> attempts() {
        return log.attempts();
    }

    /** Returns the cycles of one pod among {@link #attempts()}. */
    public List<SchedulingAttempt> attempts(String namespace, String pod) {
        return log.attempts().stream()
                .filter(attempt ->
                        attempt.namespace().equals(namespace) && attempt.pod().equals(pod))
                .toList();
    }

    /** Returns the nodes that the scheduler knows as ready, for waiting until it sees a new node. */
    public Set<String> readyNodes() {
        return cluster.readyNodes();
    }

    /**
     * Stops like a killed process: connections break, requests in progress stay unanswered, and a Lease that it holds
     * stays until it expires.
     */
    public void kill() {
        ended = true;
        client.close();
        close();
    }

    /** Handles failures of work in progress when the scheduler stops, which come in many forms. */
    private void died(Thread thread, Throwable failure) {
        LOG.log(ended ? Level.DEBUG : Level.ERROR, thread.getName() + " died", failure);
    }

    @Override
    public void close() {
        ended = true;
        queue.close();
        leadership.ifPresent(Leadership::close);
        pods.close();
        nodes.close();
        budgets.close();
        threads.shutdownNow();
        extender.ifPresent(ExtenderClient::close);
        try {
            threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        client.close();
    }

    /** Returns the pod as the watch shows it now, if it still has to be scheduled. */
    private Optional<Pod> latest(PodInfo known) {
        var key = Cache.namespaceKeyFunc(known.namespace(), known.name());
        return Optional.ofNullable(pods.getStore().getByKey(key))
                .filter(pod -> pod.getMetadata().getUid().equals(known.uid()))
                .filter(this::isWaiting);
    }

    private boolean isWaiting(Pod pod) {
        var gates = pod.getSpec().getSchedulingGates();
        return !isBound(pod)
                && names.contains(PodInfo.schedulerName(pod))
                && (gates == null || gates.isEmpty())
                && pod.getMetadata().getDeletionTimestamp() == null
                && !PodInfo.hasEnded(pod);
    }

    private static boolean isBound(Pod pod) {
        var node = pod.getSpec().getNodeName();
        return node != null && !node.isEmpty();
    }

    private final class Pods implements ResourceEventHandler<Pod> {

        @Override
        public void onAdd(Pod pod) {
            seen(pod);
        }

        @Override
        public void onUpdate(Pod before, Pod now) {
            if (!before.getMetadata().getUid().equals(now.getMetadata().getUid())) {
                onDelete(before, true);
            }
            seen(now);
        }

        @Override
        public void onDelete(Pod pod, boolean finalStateUnknown) {
            leaves(pod);
            log.forget(pod.getMetadata().getNamespace(), pod.getMetadata().getName());
        }

        private void seen(Pod pod) {
            var uid = pod.getMetadata().getUid();
            if (isBound(pod)) {
                queue.remove(uid);
                log.forget(pod.getMetadata().getNamespace(), pod.getMetadata().getName());
                if (PodInfo.hasEnded(pod)) {
                    leaves(pod);
                } else {
                    cluster.putBound(pod);
                }
            } else if (!isWaiting(pod)) {
                queue.remove(uid);
            } else if (!cluster.isPlaced(uid)) {
                queue.put(pod);
            }
        }

        /** Handles a pod that no longer occupies anything: others may fit now. */
        private void leaves(Pod pod) {
            queue.remove(pod.getMetadata().getUid());
            if (cluster.remove(pod.getMetadata().getUid())) {
                queue.clusterEvent();
            }
        }
    }

    private final class Nodes implements ResourceEventHandler<Node> {

        @Override
        public void onAdd(Node node) {
            cluster.putNode(node);
            queue.clusterEvent();
        }

        @Override
        public void onUpdate(Node before, Node now) {
            cluster.putNode(now);
            if (!what(before).equals(what(now))) {
                queue.clusterEvent();
            }
        }

        @Override
        public void onDelete(Node node, boolean finalStateUnknown) {
            cluster.removeNode(node);
        }

        /** Returns the properties of a node that can make a pod fit; a mere heartbeat wakes no pod. */
        private List<Object> what(Node node) {
            var status = node.getStatus();
            return List.of(
                    Objects.requireNonNullElse(node.getMetadata().getLabels(), Map.of()),
                    Objects.requireNonNullElse(node.getMetadata().getAnnotations(), Map.of()),
                    node.getSpec() == null ? List.of() : List.of(node.getSpec()),
                    status == null ? Map.of() : Objects.requireNonNullElse(status.getAllocatable(), Map.of()),
                    status == null
                            ? Map.of()
                            : status.getConditions().stream()
                                    .collect(Collectors.toMap(NodeCondition::getType, NodeCondition::getStatus)));
        }
    }
}
