package io.migpool.deviceplugin.model;

import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.Slice;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Those who want pods on the node: they come, are edited and go, orderly or not. */
final class ModelUsers {

    private static final List<Duration> GRACES = List.of(Duration.ZERO, Duration.ofSeconds(30), Duration.ofMinutes(5));
    private static final int MOST_PODS = 9;
    private static final int MOST_SLICES = 3;

    private final Random random;
    private final ModelMachine machine;
    private final ModelKubelet kubelet;
    private final ModelCluster cluster;
    private final Supplier<ModelAgent> agent;
    private int names;

    /** @param agent the agent that runs now */
    ModelUsers(
            Random random,
            ModelMachine machine,
            ModelKubelet kubelet,
            ModelCluster cluster,
            Supplier<ModelAgent> agent) {
        this.random = random;
        this.machine = machine;
        this.kubelet = kubelet;
        this.cluster = cluster;
        this.agent = agent;
    }

    /** A pod is bound; now and then to a place that another one has, as after a fail-over of the extender. */
    String newPod() throws GpuException {
        if (!cluster.isReachable() || kubelet.all().size() >= MOST_PODS) {
            return "no new pod";
        }
        boolean carefully = random.nextInt(12) > 0;
        SortedSet<Slice> wanted = new TreeSet<>();
        int most = 1 + random.nextInt(MOST_SLICES);
        for (int i = 0; i < most; i++) {
            Slice slice = wantedSlice();
            boolean free = cluster.claims().stream().allMatch(claim -> isFree(slice, claim.slices()));
            if (isFree(slice, wanted) && (free || !carefully)) {
                wanted.add(slice);
            }
        }
        if (wanted.isEmpty()) {
            return "no room for a pod";
        }
        String name = "pod-" + ++names;
        String uid = "uid-" + name;
        Duration grace = anyOf(GRACES);
        ReservedPod pod = ReservedPod.named(name).grace(grace.toSeconds()).app("main", wanted.toArray(Slice[]::new));
        cluster.bind((random.nextBoolean() ? pod.controlled() : pod).build());
        ModelPod admitted = kubelet.admit(uid, wanted.size(), grace);
        agent.get().allocate(admitted.slots());
        if (random.nextInt(4) > 0) {
            cluster.catchUp(agent.get().listener());
        }
        return start(admitted);
    }

    /** Anything, or what lies idle, as the extender prefers it. */
    private Slice wantedSlice() {
        List<Slice> idle = agent.get().pool().instances().stream()
                .filter(instance -> instance.state() == InstanceState.IDLE)
                .map(MigInstance::slice)
                .toList();
        return idle.isEmpty() || random.nextBoolean() ? machine.anySlice() : anyOf(idle);
    }

    private static boolean isFree(Slice slice, Collection<Slice> reserved) {
        return reserved.stream().noneMatch(other -> ModelCluster.overlap(slice, other));
    }

    private String start(ModelPod pod) throws GpuException {
        return kubelet.start(pod, agent.get(), cluster);
    }

    String startAny() throws GpuException {
        List<ModelPod> startable = kubelet.all().stream()
                .filter(pod -> !cluster.isTerminating(pod.uid()))
                .toList();
        return startable.isEmpty() ? "nobody to start" : start(anyOf(startable));
    }

    /** A pod ends, with its processes or torn away from them; or it is only told to. */
    String endAny() throws GpuException {
        if (kubelet.all().isEmpty()) {
            return "nobody to end";
        }
        ModelPod pod = anyOf(kubelet.all());
        if (cluster.isReachable() && random.nextInt(5) == 0) {
            cluster.terminate(pod.uid());
            return pod.uid() + " is to end";
        }
        boolean orderly = random.nextInt(3) > 0;
        end(pod, orderly);
        if (random.nextInt(4) > 0) {
            cluster.catchUp(agent.get().listener());
        }
        return pod.uid() + (orderly ? " ends" : " is torn away");
    }

    void end(ModelPod pod, boolean orderly) throws GpuException {
        if (orderly) {
            kubelet.end(pod, random.nextBoolean());
            cluster.remove(pod.uid());
        } else {
            kubelet.tearAway(pod, random.nextBoolean());
            cluster.tearAway(pod.uid());
        }
    }

    String editAny() {
        if (!cluster.isReachable() || kubelet.all().isEmpty()) {
            return "nobody to edit";
        }
        String uid = anyOf(kubelet.all()).uid();
        cluster.edit(uid);
        return uid + " is edited";
    }

    private <T> T anyOf(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
