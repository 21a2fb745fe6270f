package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.migpool.config.DeviceSettings;
import io.migpool.config.SchedulingWishes;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.contracts.request.ResourceNames;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Turns Node and Pod events into node views. An event costs work for the pods of the nodes it touches; reading costs only the
 * look-up. Plain code without a client: any source of objects may feed it.
 */
public final class ClusterState implements ClusterView, ClusterFeed {

    /** Guards the writing side: settings, nodes, pods, quotas and the order in which views are published. */
    private final ReentrantLock writing = new ReentrantLock();

    private volatile InForce inForce;
    private final LivePods pods = new LivePods();
    private final CopyOnWriteArrayList<PodListener> listeners = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<Consumer<List<String>>> unsuitable = new CopyOnWriteArrayList<>();
    private final NamespaceQuotas quotas = new NamespaceQuotas();
    private final NamespacePolicies policies = new NamespacePolicies();
    private final CopyOnWriteArrayList<Runnable> policyListeners = new CopyOnWriteArrayList<>();
    private final AtomicLong version = new AtomicLong();
    private final AnnotationProblems problems = new AnnotationProblems();
    private final NodeNotes notes = new NodeNotes(problems);
    private final NodeViews views;
    private final Set<Listed> listed = ConcurrentHashMap.newKeySet();

    /**
     * The settings in force, replaced as a whole.
     *
     * @param reader reads pods under them
     * @param known whether they are more than an assumption, so that an operator may have written them
     */
    private record InForce(DeviceSettings settings, PodReader reader, boolean known) {}

    /** Creates an empty state. Settings are unknown before {@link #settingsChanged}, and nothing may be decided until then. */
    public ClusterState() {
        this(DeviceSettings.DEFAULT, false);
    }

    /** Creates a state with these settings in force. */
    public ClusterState(DeviceSettings settings) {
        this(settings, true);
    }

    private ClusterState(DeviceSettings settings, boolean known) {
        this.inForce = new InForce(settings, new PodReader(settings, policies), known);
        this.views = new NodeViews(problems, new ConfiguredBoards(settings, this::tellUnsuitable));
    }

    /** Adds a listener; it cannot be removed. */
    public void addListener(PodListener listener) {
        listeners.add(listener);
    }

    /** Adds a listener for settings that ask of a kind of GPU what it cannot do. It must not block. */
    public void onUnsuitableSettings(Consumer<List<String>> listener) {
        unsuitable.add(listener);
    }

    /** Adds a listener that is notified when other policies may apply to pods that were read before. It must not block. */
    public void onPolicies(Runnable listener) {
        policyListeners.add(listener);
    }

    private void tellUnsuitable(List<String> problems) {
        unsuitable.forEach(listener -> listener.accept(problems));
    }

    /**
     * Puts settings in force; all views are computed again. What pods ask for is read again when the pods are reported again.
     */
    public void settingsChanged(DeviceSettings changed) {
        writing.lock();
        try {
            quotas.settingsChanged(changed);
            views.setBoards(new ConfiguredBoards(changed, this::tellUnsuitable));
            inForce = new InForce(changed, new PodReader(changed, policies), true);
            version.incrementAndGet();
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void nodeChanged(Node node) {
        writing.lock();
        try {
            NodeFacts read = NodeFacts.of(node, inForce.settings().resources().count());
            notes.putNode(node);
            String problem = read.problem();
            if (problem != null) {
                problems.ignored("node " + read.name(), problem);
            }
            if (views.putNode(read)) {
                version.incrementAndGet();
            }
        } finally {
            writing.unlock();
        }
    }

    @Override
    public Optional<String> conditionOf(String node, String gpuUuid) {
        return notes.of(node, gpuUuid);
    }

    @Override
    public boolean isCordoned(String node) {
        return notes.isCordoned(node);
    }

    @Override
    public void nodeGone(String name) {
        writing.lock();
        try {
            views.removeNode(name);
            notes.removeNode(name);
            version.incrementAndGet();
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void podChanged(Pod pod) {
        Consumer<PodListener> news;
        writing.lock();
        try {
            news = take(pod);
        } finally {
            writing.unlock();
        }
        listeners.forEach(news);
    }

    /**
     * Takes a state of a pod in, and returns what there is to tell the listeners. Also reads it under the lock: otherwise a
     * pod that is read again because of new settings could be overwritten by a slower reading under the former ones.
     */
    private Consumer<PodListener> take(Pod pod) {
        PodReader reader = inForce.reader();
        PodReader.Reading reading = reader.read(pod);
        PodEntry entry = reading.entry();
        if (entry == null) {
            boolean ended = PodPhase.hasEnded(pod) && reader.asksForGpus(pod);
            return remove(PodKey.of(pod.getMetadata()).uid(), ended ? pods::ended : pods::forget);
        }
        String problem = reading.problem();
        if (problem != null) {
            problems.ignored("pod " + entry.key(), problem);
        }
        if (!pods.isNews(pod)) {
            return listener -> {};
        }
        PodEntry before = pods.get(entry.key().uid());
        boolean matters = before == null || !entry.isSameForScheduling(before);
        if (matters) {
            views.putPod(entry, before);
            quotas.podChanged(before, entry);
        }
        // An equal one is kept by the node already: a second one for each pod, as after a list of all, would cost as
        // much again.
        pods.put(before == null || matters ? entry : before, pod);
        if (matters) {
            // Last: who decides without this pod must not take its decision for one made with it.
            version.incrementAndGet();
        }
        return listener -> {
            if (before == null) {
                listener.appeared(entry);
            }
            if (entry.boundTo() != null && (before == null || before.boundTo() == null)) {
                listener.placed(entry);
            }
            if (entry.boundTo() != null) {
                listener.bound(entry.key().uid());
            }
        };
    }

    @Override
    public void quotaChanged(ResourceQuota quota) {
        writing.lock();
        try {
            quotas.quotaChanged(quota, inForce.settings());
            version.incrementAndGet();
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void quotaGone(ResourceQuota quota) {
        writing.lock();
        try {
            quotas.quotaGone(quota);
            version.incrementAndGet();
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void namespaceChanged(Namespace namespace) {
        if (policies.changed(namespace)) {
            version.incrementAndGet();
            policyListeners.forEach(Runnable::run);
        }
    }

    @Override
    public void namespaceGone(Namespace namespace) {
        policies.gone(namespace.getMetadata().getName());
    }

    @Override
    public void podGone(String uid) {
        Consumer<PodListener> news;
        writing.lock();
        try {
            news = remove(uid, pods::deleted);
        } finally {
            writing.unlock();
        }
        listeners.forEach(news);
    }

    /** Removes a pod under the lock, and returns what there is to tell the listeners. */
    private Consumer<PodListener> remove(String uid, Function<String, @Nullable PodEntry> removal) {
        PodEntry before = removal.apply(uid);
        if (before != null) {
            views.removePod(before);
            quotas.podChanged(before, null);
            version.incrementAndGet();
        }
        return listener -> listener.gone(uid);
    }

    @Override
    public void allListed(Listed kind) {
        listed.add(kind);
    }

    @Override
    public void allPodsListed(String version, Predicate<PodKey> exists) {
        List<PodKey> gone;
        writing.lock();
        try {
            gone = pods.listed(version, exists);
        } finally {
            writing.unlock();
        }
        gone.forEach(pod -> podGone(pod.uid()));
        allListed(Listed.PODS);
    }

    /** Returns the resource names, which stay those of the first settings that were known. */
    public ResourceNames resources() {
        return inForce.settings().resources();
    }

    /** Returns the quotas that limit GPUs, by namespace. */
    public Map<String, GpuQuota> quotas() {
        return quotas.all();
    }

    /** Returns how often annotations were malformed or not believed. */
    public long malformedAnnotations() {
        return problems.count();
    }

    /** Returns how many bound pods have units of a GPU that another pod has too. */
    public int doubleBooked() {
        return views.doubleBooked();
    }

    @Override
    public boolean knowsSettings() {
        return inForce.known();
    }

    @Override
    public SchedulingWishes schedulingWishes() {
        return inForce.settings().scheduling();
    }

    @Override
    public boolean synced() {
        return inForce.known() && listed.size() == Listed.values().length;
    }

    @Override
    public Optional<NodeView> node(String name) {
        return views.of(name);
    }

    @Override
    public List<NodeView> nodes() {
        return views.all();
    }

    @Override
    public Optional<NodeView> nodeWithout(String name, Set<String> podUids) {
        writing.lock();
        try {
            return views.without(name, podUids);
        } finally {
            writing.unlock();
        }
    }

    @Override
    public NodeView viewOf(Node node) {
        writing.lock();
        try {
            return views.empty(NodeFacts.of(node, inForce.settings().resources().count()));
        } finally {
            writing.unlock();
        }
    }

    @Override
    public Optional<PodEntry> pod(String uid) {
        return Optional.ofNullable(pods.get(uid));
    }

    @Override
    public Collection<PodEntry> pods() {
        return pods.all();
    }

    @Override
    public Optional<PodOccupancy> occupancy(PodEntry pod) {
        return views.occupancy(pod);
    }

    @Override
    public Optional<GpuQuota> quota(String namespace) {
        return quotas.of(namespace);
    }

    @Override
    public RequestOutcome requestOf(Pod pod) {
        return inForce.reader().requestOf(pod);
    }

    @Override
    public PodDemand demandOf(Pod pod, PodGpuRequest request) {
        return inForce.reader().demandOf(pod, request);
    }

    @Override
    public long version() {
        return version.get();
    }
}
