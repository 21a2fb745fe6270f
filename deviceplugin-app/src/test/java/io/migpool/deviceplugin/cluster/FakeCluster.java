package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** An API server in memory, with the ways in which the real one fails. */
public final class FakeCluster implements Cluster, Pods, NodeAnnotations, Events {

    private final Map<String, Pod> pods = new ConcurrentHashMap<>();
    private final Map<String, String> nodeAnnotations = new ConcurrentHashMap<>();
    private final Map<String, String> nodeLabels = new ConcurrentHashMap<>();
    private final FakeConfigMaps published = new FakeConfigMaps();
    private final FakeCordon cordon = new FakeCordon();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private volatile Listener listener = new Listener() {
        @Override
        public void changed(Pod pod) {}

        @Override
        public void gone(String uid, Duration runsOnFor) {}

        @Override
        public void listed() {}
    };
    private volatile Runnable nodeChanged = () -> {};
    private volatile boolean reachable = true;
    private volatile boolean watching = true;
    private volatile boolean listed = true;
    private volatile boolean marksRefused;
    private volatile int conflictsToCome;
    private volatile boolean answerLost;
    private volatile int evictionsHeldBack;
    private final List<String> evicted = new CopyOnWriteArrayList<>();
    private volatile int patches;
    private volatile CountDownLatch answers = new CountDownLatch(0);
    private final AtomicInteger stalled = new AtomicInteger();
    private volatile Consumer<Map<String, String>> onNodePatch = _ -> {};
    private volatile boolean started;
    private volatile boolean closed;

    /** Called with each patch of the Node, before anybody else sees it. */
    public void onNodePatch(Consumer<Map<String, String>> listener) {
        onNodePatch = listener;
    }

    public boolean isStarted() {
        return started;
    }

    public boolean isClosed() {
        return closed;
    }

    /** From now on nobody answers, and the watch has seen nothing. */
    public void unreachable() {
        reachable = false;
    }

    public void reachableAgain() {
        reachable = true;
        nodeChanged.run();
    }

    /** From now on whoever reads a pod waits for the answer. */
    public void stall() {
        answers = new CountDownLatch(1);
    }

    public void answerAgain() {
        answers.countDown();
    }

    /** How many wait for an answer. */
    public int stalled() {
        return stalled.get();
    }

    /** A policy lets nobody change pods. */
    public void refuseMarks() {
        marksRefused = true;
    }

    public void acceptMarks() {
        marksRefused = false;
    }

    /** The watch has begun, but not shown all pods yet. */
    public void holdListing() {
        listed = false;
    }

    /** The watch has shown all pods, for the first time or again. */
    public void list() {
        listed = true;
        listener.listed();
    }

    /** The watch lags: pods that appear from now on are known by reading only. */
    public void stopWatching() {
        watching = false;
    }

    /** The next patches of pods meet a pod that was changed by somebody else. */
    public void conflictNext(int times) {
        conflictsToCome = times;
    }

    /** The next patch of a pod is done, but nobody is told. */
    public void loseNextAnswer() {
        answerLost = true;
    }

    public void add(Pod pod) {
        pods.put(pod.getMetadata().getUid(), pod);
        listener.changed(pod);
    }

    /** A pod is deleted in an orderly way: kubelet has said that it ended before it is gone. */
    public synchronized void delete(String uid) {
        pods.remove(uid);
        listener.gone(uid, Duration.ZERO);
    }

    /** A pod is deleted by force: it is gone with what kubelet has said of it so far. */
    public synchronized void tearAway(String uid) {
        Pod removed = Optional.ofNullable(pods.remove(uid)).orElseThrow();
        listener.gone(uid, PodPhase.runsOnFor(removed));
    }

    /** A pod is gone, and the watch has not told yet. */
    public synchronized void deleteUntold(String uid) {
        pods.remove(uid);
    }

    public Pod pod(String uid) {
        return Optional.ofNullable(pods.get(uid)).orElseThrow();
    }

    public Map<String, String> nodeAnnotations() {
        return nodeAnnotations;
    }

    /** Somebody edits the Node. */
    public void removeNodeAnnotation(String key) {
        nodeAnnotations.remove(key);
        nodeChanged.run();
    }

    /** Somebody labels the Node. */
    public void labelNode(Map<String, String> labels) {
        nodeLabels.putAll(labels);
        nodeChanged.run();
    }

    /** {@code Reason: note} of every event, oldest first. */
    public List<String> told() {
        return events;
    }

    public int patches() {
        return patches;
    }

    @Override
    public Optional<Pod> watched(String uid) {
        return watching && reachable ? Optional.ofNullable(pods.get(uid)) : Optional.empty();
    }

    @Override
    public synchronized Optional<List<Pod>> all() {
        return watching && reachable && listed ? Optional.of(List.copyOf(pods.values())) : Optional.empty();
    }

    @Override
    public Optional<Pod> read(String namespace, String name) throws ClusterException {
        requireReachable();
        stalled.incrementAndGet();
        try {
            answers.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException(ClusterException.Code.UNAVAILABLE, "broken off", e);
        } finally {
            stalled.decrementAndGet();
        }
        return pods.values().stream()
                .filter(pod -> pod.getMetadata().getNamespace().equals(namespace)
                        && pod.getMetadata().getName().equals(name))
                .findFirst();
    }

    @Override
    public synchronized void mark(Pod base, Map<String, String> annotations, Map<String, String> labels)
            throws ClusterException {
        requireReachable();
        Pod present = pods.get(base.getMetadata().getUid());
        if (present == null) {
            throw new ClusterException(ClusterException.Code.GONE, "no such pod");
        }
        if (marksRefused) {
            throw new ClusterException(ClusterException.Code.REFUSED, "a policy forbids it");
        }
        if (conflictsToCome > 0) {
            conflictsToCome--;
            pods.put(base.getMetadata().getUid(), nextVersion(present).build());
            throw new ClusterException(ClusterException.Code.CONFLICT, "the pod was changed");
        }
        if (!present.getMetadata()
                .getResourceVersion()
                .equals(base.getMetadata().getResourceVersion())) {
            throw new ClusterException(ClusterException.Code.CONFLICT, "the pod was changed");
        }
        patches++;
        pods.put(
                base.getMetadata().getUid(),
                nextVersion(present)
                        .editMetadata()
                        .addToAnnotations(annotations)
                        .addToLabels(labels)
                        .endMetadata()
                        .build());
        if (answerLost) {
            answerLost = false;
            throw new ClusterException(ClusterException.Code.UNAVAILABLE, "the connection broke");
        }
    }

    @Override
    public synchronized boolean evict(Pod pod) throws ClusterException {
        requireReachable();
        if (evictionsHeldBack > 0) {
            evictionsHeldBack--;
            return false;
        }
        evicted.add(pod.getMetadata().getName());
        delete(pod.getMetadata().getUid());
        return true;
    }

    /** Names of the pods that were evicted. */
    public List<String> evicted() {
        return evicted;
    }

    /** A budget of disruption does not allow the next evictions. */
    public void holdBackEvictions(int times) {
        evictionsHeldBack = times;
    }

    private static PodBuilder nextVersion(Pod pod) {
        long version = Long.parseLong(pod.getMetadata().getResourceVersion());
        return new PodBuilder(pod)
                .editMetadata()
                .withResourceVersion(Long.toString(version + 1))
                .endMetadata();
    }

    private void requireReachable() throws ClusterException {
        if (!reachable) {
            throw new ClusterException(ClusterException.Code.UNAVAILABLE, "connection refused");
        }
    }

    @Override
    public Optional<Map<String, String>> current() {
        return reachable ? Optional.of(Map.copyOf(nodeAnnotations)) : Optional.empty();
    }

    @Override
    public void patch(Map<String, String> annotations) throws ClusterException {
        requireReachable();
        onNodePatch.accept(annotations);
        nodeAnnotations.putAll(annotations);
        nodeChanged.run();
    }

    @Override
    public void warnPod(PodRef pod, String reason, String note) {
        events.add(pod.name() + " " + reason + ": " + note);
    }

    @Override
    public void warnNode(String reason, String note) {
        events.add("node " + reason + ": " + note);
    }

    @Override
    public void noteNode(String reason, String note) {
        events.add("node " + reason + ": " + note);
    }

    @Override
    public Pods pods() {
        return this;
    }

    @Override
    public NodeAnnotations node() {
        return this;
    }

    @Override
    public NodeLabels labels() {
        return new NodeLabels() {
            @Override
            public Optional<Map<String, String>> current() {
                return reachable ? Optional.of(Map.copyOf(nodeLabels)) : Optional.empty();
            }

            @Override
            public void patch(Map<String, String> changed, Set<String> removed) throws ClusterException {
                if (!reachable) {
                    throw new ClusterException(ClusterException.Code.UNAVAILABLE, "connection refused");
                }
                nodeLabels.putAll(changed);
                nodeLabels.keySet().removeAll(removed);
                nodeChanged.run();
            }
        };
    }

    public Map<String, String> nodeLabels() {
        return nodeLabels;
    }

    @Override
    public NodeCordon cordon() {
        return cordon;
    }

    @Override
    public ConfigMaps configMaps() {
        return published;
    }

    /** ConfigMaps by name. */
    public Map<String, Map<String, String>> configMapData() {
        return published.data();
    }

    @Override
    public Events events() {
        return this;
    }

    @Override
    public void listen(Listener newListener, Runnable newNodeChanged) {
        listener = newListener;
        nodeChanged = newNodeChanged;
    }

    @Override
    public void start() {
        started = true;
    }

    @Override
    public void close() {
        closed = true;
    }
}
