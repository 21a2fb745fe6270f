package io.migpool.deviceplugin.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.instance.InlineInfrastructure;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** The random walk: what may happen to a node, and what must be true whatever happens. */
final class NodeModel implements AutoCloseable {

    private static final Duration IDLE_TTL = Duration.ofMinutes(10);
    /** So long the agent waits for what the driver never answered. */
    private static final Duration UNANSWERED_AT_MOST = Duration.ofMinutes(3);

    private static final Duration RUNS_ON_AT_MOST = Duration.ofMinutes(6);
    private static final int REMEMBERED = 40;

    private final Random random;
    private final Path directory;
    private final Tally tally;
    private final ModelMachine machine;
    private final ModelCluster cluster;
    private final ModelKubelet kubelet;
    private final ModelUsers users;
    private final VirtualClock clock = new VirtualClock();
    private final InlineInfrastructure infrastructure;
    private TroubledDriver driver;
    private ModelAgent agent;

    private final Deque<Happened> history = new ArrayDeque<>();

    NodeModel(Random random, Path directory, Tally tally) throws GpuException {
        this.random = random;
        this.directory = directory;
        this.tally = tally;
        this.machine = new ModelMachine(random);
        this.kubelet = new ModelKubelet(machine, tally, clock);
        this.cluster = new ModelCluster(random, clock, tally, kubelet::requireMayMove, kubelet::requireMayGo);
        this.users = new ModelUsers(random, machine, kubelet, cluster, () -> agent);
        this.infrastructure =
                new InlineInfrastructure(() -> driver.mayKill("before a save"), () -> driver.mayKill("after a save"));
        this.driver = newDriver();
        this.agent = open();
    }

    private TroubledDriver newDriver() {
        return new TroubledDriver(machine.openDriver(), random, clock, tally, kubelet::requireNobodys);
    }

    /** Starts the agent, again and again if it is killed meanwhile. */
    private ModelAgent open() {
        while (true) {
            try {
                cluster.forgetWatch();
                InstancePool pool = infrastructure.pool(driver, machine.gpus(), () -> IDLE_TTL, clock);
                agent = new ModelAgent(pool, machine.gpus(), cluster, kubelet, directory, clock);
                pool.start();
                return agent;
            } catch (Killed e) {
                note(e.getMessage() + " at the start");
                driver.close();
                driver = newDriver();
            } catch (IOException e) {
                throw new AssertionError("nothing is read from disk", e);
            }
        }
    }

    /** Something that happened, and what the agent knew afterwards. */
    private record Happened(String what, List<MigInstance> known) {}

    List<String> history() {
        return history.stream().map(Happened::toString).toList();
    }

    private void note(String what) {
        history.add(new Happened(what, agent.pool().instances()));
        if (history.size() > REMEMBERED) {
            history.remove();
        }
    }

    /** Something happens; the answer says what. */
    String step() throws GpuException {
        String what = unlessKilled(this::happening);
        if (random.nextInt(3) == 0) {
            what += unlessKilled(() -> {
                infrastructure.flush();
                return "";
            });
        }
        note(what);
        return what;
    }

    private interface Event {
        String happen() throws GpuException;
    }

    private String unlessKilled(Event event) throws GpuException {
        try {
            return event.happen();
        } catch (Killed e) {
            if (leftOver().stream()
                    .anyMatch(instance -> instance.computeInstances().isEmpty())) {
                tally.count(Tally.Kind.HALF_MADE);
            }
            crash();
            return "killed " + e.getMessage();
        }
    }

    private String happening() throws GpuException {
        return switch (random.nextInt(49)) {
            case 0, 1, 2, 3, 4, 5, 6, 7 -> users.newPod();
            case 8, 9, 10, 11, 12, 13, 14 -> users.startAny();
            case 15, 16, 17, 18 -> users.endAny();
            case 19, 20, 21 -> {
                agent.writeBack();
                yield "identities are written back";
            }
            case 22, 23, 24, 25 -> {
                agent.reconcile();
                yield "reconciled";
            }
            case 26, 27, 28, 29 -> {
                cluster.catchUp(agent.listener());
                yield "the watch tells";
            }
            case 30 -> {
                clock.forward(
                        random.nextBoolean()
                                ? Duration.ofSeconds(random.nextInt(40))
                                : Duration.ofMinutes(random.nextInt(8)));
                yield "time passes";
            }
            case 31, 32, 33 -> machine.stranger(expected());
            case 34, 35, 36 -> processStarts();
            case 37, 38 -> machine.processEnds();
            case 39 -> {
                cluster.goOrComeBack();
                yield "API server is " + (cluster.isReachable() ? "back" : "gone");
            }
            case 40 -> {
                agent.pool().close();
                crash();
                yield "orderly restart";
            }
            case 41 -> {
                crash();
                yield "killed in peace";
            }
            case 42 -> lostOrFound();
            case 43 -> random.nextInt(4) == 0 ? reboot() : machine.strangerLeaves();
            case 44 -> {
                agent.evictOverdue();
                yield "overdue pods are looked for";
            }
            case 45 -> users.editAny();
            case 46 -> loseFile();
            default -> {
                if (cluster.isReachable()) {
                    yield machine.strangerLeaves();
                }
                cluster.goOrComeBack();
                yield "API server is back";
            }
        };
    }

    /**
     * The ownership file is lost while the agent is down. What runs is proved by annotations, or else the file is not
     * lost; what they do not name is a stranger's from now on. All GPUs are read before anything starts again.
     */
    private String loseFile() throws GpuException {
        if (machine.isAnyLost()
                || kubelet.isAnyOrphan()
                || !kubelet.used().stream().allMatch(cluster.named()::contains)) {
            return "the file is not lost";
        }
        tally.count(Tally.Kind.LOST_FILE);
        infrastructure.lose();
        machine.disownAllBut(cluster.named());
        do {
            crash();
        } while (machine.gpus().stream()
                .anyMatch(gpu -> agent.pool().trouble(gpu.uuid()).isPresent()));
        return "the file is lost";
    }

    private void crash() {
        driver.close();
        driver = newDriver();
        agent = open();
    }

    /** Slices that pods have reserved, now or as the agent still believes. */
    private Set<Slice> expected() {
        Set<Slice> expected = new HashSet<>();
        cluster.claims().forEach(claim -> expected.addAll(claim.slices()));
        agent.pool().claims().forEach(claim -> expected.addAll(claim.slices()));
        agent.pool().instances().forEach(instance -> expected.add(instance.slice()));
        return expected;
    }

    private String processStarts() throws GpuException {
        List<String> orphans = kubelet.usedByOrphans();
        boolean outlives = !orphans.isEmpty() && random.nextInt(3) == 0;
        List<String> places = outlives ? orphans : kubelet.usable();
        if (places.isEmpty()) {
            return "no process starts";
        }
        String uuid = places.get(random.nextInt(places.size()));
        machine.startProcess(uuid);
        if (outlives) {
            tally.count(Tally.Kind.OUTLIVED);
        }
        return "a process starts in " + uuid;
    }

    private String lostOrFound() throws GpuException {
        var reset = machine.resetLost();
        reset.ifPresentOrElse(gpu -> kubelet.lostAll(List.of(gpu)), () -> tally.count(Tally.Kind.LOST_GPU));
        return reset.isPresent() ? reset.get() + " was reset" : machine.lose() + " is lost";
    }

    private String reboot() throws GpuException {
        tally.count(Tally.Kind.REBOOT);
        machine.reboot();
        kubelet.lostAll(machine.gpus().stream().map(GpuDescription::uuid).toList());
        crash();
        return "reboot";
    }

    /** What must always be true. */
    void check() throws GpuException {
        tally.countStates(agent.pool().instances());
        kubelet.requireInstances();
        machine.requireStrangers();
    }

    /** Everything ends, nothing goes wrong any more, and time passes. */
    void settle() throws GpuException {
        driver.mend();
        cluster.mend();
        while (machine.isAnyLost()) {
            note(lostOrFound());
        }
        machine.endProcessesOutside(kubelet.used());
        for (ModelPod pod : kubelet.all()) {
            if (cluster.isTerminating(pod.uid())) {
                users.end(pod, true);
            }
        }
        cluster.catchUp(agent.listener());
        clock.forward(UNANSWERED_AT_MOST);
        // Of pods that vanished unseen containers are taken to run on for so long, once the watch has had its chance to
        // tell.
        agent.reconcile();
        agent.reconcile();
        clock.forward(RUNS_ON_AT_MOST);
        agent.writeBack();
        cluster.catchUp(agent.listener());
        note("everything works again");
        for (ModelPod pod : kubelet.all()) {
            assertThat(cluster.runtimes(pod.uid()))
                    .as("what annotations say that %s has", pod.uid())
                    .containsAllEntriesOf(pod.running());
        }
        for (ModelPod pod : kubelet.all()) {
            String started = kubelet.start(pod, agent, cluster);
            note(started);
            check();
            assertThat(started)
                    .as("everything works again")
                    .matches(".*( runs on |PlacementBlocked: .*nothing equivalent is free).*");
        }
        machine.endProcessesOutside(List.of());
        for (ModelPod pod : kubelet.all()) {
            users.end(pod, true);
        }
        cluster.catchUp(agent.listener());
        for (int i = 0; i < 100 && (i == 0 || !leftOver().isEmpty()); i++) {
            clock.forward(IDLE_TTL);
            agent.reconcile();
            note("time passes");
            check();
        }
        assertThat(agent.pool().claims()).extracting(PodClaim::uid).isEmpty();
    }

    /** What exists and is nobody's. */
    List<GpuInstance> leftOver() throws GpuException {
        return machine.instances().stream()
                .filter(instance -> !machine.isForeign(instance))
                .filter(instance -> !machine.isInDoubt(instance) || !isForeignToAgent(instance))
                .toList();
    }

    private boolean isForeignToAgent(GpuInstance instance) {
        Slice place = new Slice(instance.gpuUuid(), instance.profile(), instance.placement());
        return agent.pool().instances().stream()
                .anyMatch(known ->
                        known.state() == InstanceState.FOREIGN && known.slice().equals(place));
    }

    @Override
    public void close() {
        driver.close();
        machine.close();
    }
}
