package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.migpool.config.DeviceSettings;
import io.migpool.config.SchedulingWishes;
import io.migpool.contracts.mig.Placement;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.ConsistentReads.Term;
import io.migpool.extender.reservation.BindingServer.Answer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two replicas that take turns at leading, with watches that lag and break, restarts, nodes and settings that change, preemption,
 * and requests that come while a Binding is in flight: no two live pods ever share a unit, no shared GPU is overcommitted, no
 * quota is exceeded, pods are evicted only where this makes room, and nothing is left over. More steps than usual with
 * {@code -Dmigpool.model.operations=5000000}.
 */
class ReplicasTest {

    private static final int RUNS = 4;
    private static final int STEPS = Integer.getInteger("migpool.model.operations", 200_000) / RUNS;
    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final List<String> NODES = List.of("n1", "n2", "n3", "n4");
    private static final List<Answer> ANSWERS = List.of(Answer.values());

    private final BindingServer api = new BindingServer();
    private final Map<String, Node> nodes = new HashMap<>();
    private final Taken taken = new Taken();
    private final Replica[] replicas = new Replica[2];
    private final PodLives lives = new PodLives(api, taken, this::tellOfPod);
    private final Preemptions preemptions = new Preemptions(api, NODES, lives);
    private DeviceSettings settings = DeviceSettings.DEFAULT;
    private int leading;
    private int terms;
    private int steppedDown;
    private int deposedAsked;
    private int interleaved;
    private boolean underWay;
    private Instant acquired = api.now();
    private int bound;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void noTwoLivePodsShareAUnitWhicheverReplicaLeads(long seed) {
        Random random = new Random(seed);
        api.onBinding(this::occupy);
        change("n1", KubernetesObjects.node("n1", Boards.a10080("a", 0)));
        change("n2", KubernetesObjects.node("n2", Boards.a30("b", 0)));
        change("n3", KubernetesObjects.node("n3", Boards.a10080("c", 0), Boards.a10080("d", 1)));
        change("n4", KubernetesObjects.node("n4", Boards.shared("e", 0, Taken.SLOTS, Taken.MEMORY_MIB)));
        start(0);
        start(1);
        for (int step = 0; step < STEPS; step++) {
            step(random);
            assertThat(taken.tooMuch()).as("seed %d step %d", seed, step).isEmpty();
        }
        assertThat(bound).as("seed %d: pods bound", seed).isGreaterThan(STEPS / 100);
        assertThat(terms).as("seed %d: changes of the leader", seed).isGreaterThan(STEPS / 1000);
        assertThat(steppedDown).as("seed %d: leases given back", seed).isGreaterThan(STEPS / 1000);
        assertThat(deposedAsked).as("seed %d: deposed replicas asked", seed).isGreaterThan(STEPS / 1000);
        assertThat(preemptions.kept()).as("seed %d: nodes kept", seed).isGreaterThan(STEPS / 500);
        assertThat(preemptions.dropped()).as("seed %d: nodes not kept", seed).isGreaterThan(STEPS / 500);
        assertThat(interleaved)
                .as("seed %d: steps while a Binding is under way", seed)
                .isGreaterThan(STEPS / 100);
        nothingIsLeft(seed);
    }

    private void start(int index) {
        replicas[index] = new Replica(api, settings, nodes.values(), "replica-" + index, this::term);
    }

    private Term term() {
        return new Term("replica-" + leading + "_1", terms, Optional.of(acquired));
    }

    private void step(Random random) {
        Replica leader = replicas[leading];
        switch (random.nextInt(100)) {
            case 0 -> failOver(random);
            case 1 -> restart(random);
            case 2, 3 -> changeNode(random);
            case 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 -> lives.create(random);
            case 14, 15, 16, 17, 18, 19, 20, 21 -> lives.end(random);
            case 22, 23, 24 -> settle(random);
            case 26, 27, 28 -> lives.complete(random);
            case 25 -> interruptOrList(replicas[random.nextInt(2)]);
            case 29, 30 -> preempt(random);
            case 31 -> changeSettings(random);
            default -> {
                Pod pod = lives.anyKnownToTheScheduler(random).orElse(null);
                if (pod == null) {
                    lives.create(random);
                    return;
                }
                switch (random.nextInt(10)) {
                    case 0, 1, 2, 3 -> filter(leader, pod);
                    case 4, 5, 6 -> bind(leader, pod, random);
                    default -> replicas[random.nextInt(2)].deliver(random.nextInt(6));
                }
            }
        }
    }

    private static void interruptOrList(Replica replica) {
        if (replica.isInterrupted()) {
            replica.listPods();
        } else {
            replica.interrupt();
        }
    }

    /** As the scheduler does: the node for which others were evicted alone first. */
    private void filter(Replica leader, Pod pod) {
        if (leader.catchUp.ensure().isEmpty()) {
            Optional<String> nominated = Optional.ofNullable(pod.getStatus()).map(PodStatus::getNominatedNodeName);
            if (nominated.isEmpty() || !isPlaced(leader, pod, List.of(nominated.get()))) {
                isPlaced(leader, pod, NODES);
            }
        }
    }

    private static boolean isPlaced(Replica leader, Pod pod, List<String> names) {
        if (leader.scheduling.filter.filter(pod, names) instanceof FilterOutcome.Placed placed) {
            String uid = pod.getMetadata().getUid();
            assertThat(leader.forbidden(uid)).isEmpty();
            leader.scheduling.prioritizer.prioritize(uid, placed.nodes());
            return true;
        }
        return false;
    }

    private void preempt(Random random) {
        Replica leader = replicas[leading];
        if (leader.catchUp.ensure().isEmpty()) {
            lives.any(random).ifPresent(pod -> preemptions.preempt(leader, pod, random));
        }
    }

    private void changeSettings(Random random) {
        settings = SettingsInForce.random(random);
        for (Replica replica : replicas) {
            replica.tellOfSettings(settings);
        }
    }

    private void bind(Replica leader, Pod pod, Random random) {
        for (int i = random.nextInt(6); i > 0; i--) {
            api.answers.add(ANSWERS.get(random.nextInt(ANSWERS.size())));
        }
        String uid = pod.getMetadata().getUid();
        String node = leader.scheduling
                .book
                .of(uid)
                .filter(hold -> random.nextInt(5) > 0)
                .map(hold -> hold.plan().node())
                .orElse(NODES.get(random.nextInt(NODES.size())));
        if (leader.catchUp.ensure().isEmpty()) {
            boolean stepsDown = !underWay && random.nextInt(10) == 0;
            if (stepsDown) {
                api.beforeBinding = () -> meanwhile(() -> stepDown(random));
            } else if (!underWay) {
                switch (random.nextInt(10)) {
                    case 0 -> api.beforeBinding = () -> meanwhile(() -> askDeposed(random));
                    case 1, 2, 3 -> api.beforeBinding = () -> meanwhile(() -> goOn(random));
                    default -> {}
                }
            }
            bound += leader.scheduling.bind(pod, node).isEmpty() ? 1 : 0;
            if (!underWay) {
                api.beforeBinding = () -> {};
            }
            if (stepsDown) {
                settleRequests(random);
            }
        }
        api.answers.clear();
    }

    /** Runs other actions while one Binding is in flight; the API server's answer to that one does not change. */
    private void meanwhile(Runnable others) {
        api.beforeBinding = () -> {};
        List<Answer> answers = List.copyOf(api.answers);
        api.answers.clear();
        underWay = true;
        others.run();
        underWay = false;
        api.answers.addAll(answers);
    }

    /** Sends the same replica more requests, ends pods, and delivers watch events. */
    private void goOn(Random random) {
        Replica leader = replicas[leading];
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            interleaved++;
            switch (random.nextInt(8)) {
                case 0 -> lives.create(random);
                case 1 -> lives.end(random);
                case 2 -> settle(random);
                case 3 -> leader.deliver(random.nextInt(6));
                default ->
                    lives.anyKnownToTheScheduler(random).ifPresent(pod -> {
                        filter(leader, pod);
                        bind(leader, pod, random);
                    });
            }
        }
    }

    /** Ends the leader while its Binding is in flight: it releases its lease at once, and the other takes it, or cannot read it. */
    private void stepDown(Random random) {
        leading = 1 - leading;
        terms++;
        acquired = api.now();
        steppedDown++;
        Replica next = replicas[leading];
        next.leaseReadable = random.nextBoolean();
        askForAll(next, random);
        next.leaseReadable = true;
    }

    /** Lets a scheduler that was frozen while the other became leader continue while a Binding of the leader is in flight. */
    private void askDeposed(Random random) {
        deposedAsked++;
        askForAll(replicas[1 - leading], random);
    }

    private void askForAll(Replica replica, Random random) {
        for (Pod pod : lives.live()) {
            filter(replica, pod);
            if (replica.catchUp.ensure().isEmpty()) {
                replica.scheduling.bind(pod, NODES.get(random.nextInt(NODES.size())));
            }
        }
    }

    /** Makes the other replica the leader after the old one's requests have landed or are lost. */
    private void failOver(Random random) {
        settleRequests(random);
        leading = 1 - leading;
        terms++;
        api.pass(LEASE);
        acquired = api.now();
    }

    private void restart(Random random) {
        settleRequests(random);
        start(random.nextInt(2));
    }

    private void settleRequests(Random random) {
        for (int i = random.nextInt(4); i > 0; i--) {
            api.landDelayed();
        }
        api.dropDelayed();
    }

    private void settle(Random random) {
        api.landDelayed();
        api.pass(Duration.ofSeconds(random.nextInt(70)));
        api.readable = random.nextInt(4) > 0;
        for (Replica replica : replicas) {
            replica.settle();
        }
        api.readable = true;
    }

    private void changeNode(Random random) {
        change(
                "n1",
                switch (random.nextInt(3)) {
                    case 0 -> KubernetesObjects.node("n1", Boards.a10080("a", 0));
                    case 1 -> KubernetesObjects.node("n1", Boards.blocked(Boards.a10080("a", 0), new Placement(6, 2)));
                    default -> KubernetesObjects.node("n1");
                });
    }

    private void change(String name, Node node) {
        nodes.put(name, node);
        tell(cluster -> cluster.nodeChanged(node));
    }

    private void tellOfPod(Consumer<Replica> event) {
        for (Replica replica : replicas) {
            if (replica != null) {
                replica.tellOfPod(event);
            }
        }
    }

    private void tell(Consumer<ClusterState> event) {
        for (Replica replica : replicas) {
            if (replica != null) {
                replica.tell(event);
            }
        }
    }

    private void occupy(Pod pod) {
        tellOfPod(replica -> replica.putPod(pod));
        taken.take(pod);
    }

    private void nothingIsLeft(long seed) {
        lives.endAll();
        api.dropDelayed();
        for (Replica replica : replicas) {
            replica.listPods();
            replica.deliver(Integer.MAX_VALUE);
            // The scheduler may still ask about a pod that is gone: nothing would end its hold but its age.
            lives.lastDeleted().ifPresent(gone -> replica.scheduling.filter.filter(gone, NODES));
            api.pass(SchedulingWishes.LONGEST_HOLD);
            replica.settle();
            change("n1", KubernetesObjects.node("n1", Boards.a10080("a", 0)));
            replica.deliver(Integer.MAX_VALUE);
            assertThat(replica.scheduling.book.all()).as("seed %d", seed).isEmpty();
            for (String node : NODES) {
                assertThat(replica.scheduling.cluster.node(node).orElseThrow().gpus())
                        .isNotEmpty()
                        .allSatisfy(
                                gpu -> assertThat(gpu.takenPermille()).as(node).isZero());
            }
        }
    }
}
