package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** A node of which everything is known: what really exists, who really runs, and what the agent has been told. */
final class NodeModel implements AutoCloseable {

    private static final String BOARDS = "NVIDIA A100-SXM4-80GB, NVIDIA A30";
    private static final Duration IDLE_TTL = Duration.ofMinutes(10);
    private static final Duration ONE_TRY = Duration.ofNanos(1);
    private static final int MOST_PODS = 9;
    private static final int MOST_STRANGERS = 2;
    private static final int REMEMBERED = 40;

    /** A pod as its annotations and its containers have it. */
    private static final class ModelPod {
        final PodClaim claim;
        /** What was written back; empty until then. */
        Map<Slice, MigRuntime> annotated = Map.of();
        /** What its containers use; empty while none runs. */
        Map<Slice, MigRuntime> running = Map.of();

        ModelPod(PodClaim claim) {
            this.claim = claim;
        }
    }

    private final Random random;
    private final SimulatedMachine machine;
    private final VirtualClock clock = new VirtualClock();
    private final InlineMachinery machinery;
    private final GpuDriver sound;
    private final List<GpuDescription> gpus;
    private final List<Slice> everySlice = new ArrayList<>();
    private TroubledDriver driver;
    private InstancePool pool;

    private final Map<String, ModelPod> pods = new TreeMap<>();
    private final List<GpuInstance> foreign = new ArrayList<>();
    private final Map<Long, String> processes = new TreeMap<>();
    private final Set<String> lost = new HashSet<>();
    private final Deque<Happened> history = new ArrayDeque<>();
    private boolean apiServer = true;
    private boolean adopted;
    private int names;
    private long pids = 1000;

    NodeModel(Random random) throws GpuException {
        this.random = random;
        this.machine = SimulatedMachine.inMemory(MachineSpec.of(BOARDS).withSeed(random.nextLong()));
        this.sound = machine.openDriver();
        this.gpus = sound.gpus();
        for (GpuDescription gpu : gpus) {
            gpu.profiles().stream()
                    .filter(profile -> profile.profile().isPlain())
                    .forEach(profile -> addSlices(gpu, profile));
        }
        this.machinery =
                new InlineMachinery(() -> driver.mayKill("before a save"), () -> driver.mayKill("after a save"));
        this.driver = newDriver();
        this.pool = open();
    }

    private void addSlices(GpuDescription gpu, ProfileCapability profile) {
        profile.placements().forEach(placement -> everySlice.add(new Slice(gpu.uuid(), profile.profile(), placement)));
    }

    private TroubledDriver newDriver() {
        return new TroubledDriver(machine.openDriver(), random, clock, this::requireNobodys);
    }

    /** Starts the agent, again and again if it is killed meanwhile. */
    private InstancePool open() {
        while (true) {
            try {
                adopted = false;
                InstancePool opened =
                        new InstancePool(driver, gpus, machinery, () -> IDLE_TTL, clock, PoolObserver.NONE);
                pool = opened;
                opened.start();
                return opened;
            } catch (TroubledDriver.Killed e) {
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
        history.add(new Happened(what, pool.instances()));
        if (history.size() > REMEMBERED) {
            history.remove();
        }
    }

    /** Something happens; the answer says what. */
    String step() throws GpuException {
        String what;
        try {
            what = happening();
        } catch (TroubledDriver.Killed e) {
            what = "killed " + e.getMessage();
            crash();
        }
        if (random.nextInt(3) == 0) {
            try {
                machinery.flush();
            } catch (TroubledDriver.Killed e) {
                what += ", killed " + e.getMessage();
                crash();
            }
        }
        note(what);
        return what;
    }

    private String happening() throws GpuException {
        return switch (random.nextInt(40)) {
            case 0, 1, 2, 3, 4, 5, 6, 7 -> newPod();
            case 8, 9, 10, 11, 12, 13, 14 -> startAny();
            case 15, 16, 17, 18 -> endAny();
            case 19, 20, 21 -> annotateAny();
            case 22, 23, 24, 25, 26 -> reconcile();
            case 27 -> {
                clock.forward(Duration.ofMinutes(random.nextInt(8)));
                yield "time passes";
            }
            case 28, 29 -> stranger();
            case 30, 31 -> processStarts();
            case 32, 33 -> processEnds();
            case 34 -> {
                apiServer = !apiServer;
                yield "API server is " + (apiServer ? "back" : "gone");
            }
            case 35 -> {
                pool.close();
                crash();
                yield "orderly restart";
            }
            case 36 -> {
                crash();
                yield "killed in peace";
            }
            case 37 -> lostOrFound();
            case 38 -> random.nextInt(4) == 0 ? reboot() : strangerLeaves();
            default -> strangerLeaves();
        };
    }

    private void crash() {
        driver.close();
        driver = newDriver();
        pool = open();
    }

    private String newPod() {
        if (!apiServer || pods.size() >= MOST_PODS) {
            return "no new pod";
        }
        SortedSet<Slice> wanted = new TreeSet<>();
        int most = 1 + random.nextInt(3);
        for (int i = 0; i < most; i++) {
            Slice slice = wantedSlice();
            if (isUnreserved(slice, wanted)
                    && pods.values().stream().allMatch(p -> isUnreserved(slice, p.claim.slices()))) {
                wanted.add(slice);
            }
        }
        if (wanted.isEmpty()) {
            return "no room for a pod";
        }
        String uid = "pod-" + ++names;
        pods.put(uid, new ModelPod(PoolRig.claim(uid, wanted.toArray(Slice[]::new))));
        return start(uid);
    }

    /** Anything, or what lies idle, as the extender prefers it. */
    private Slice wantedSlice() {
        List<Slice> idle = pool.instances().stream()
                .filter(instance -> instance.state() == InstanceState.IDLE)
                .map(MigInstance::slice)
                .toList();
        return idle.isEmpty() || random.nextBoolean() ? anyOf(everySlice) : anyOf(idle);
    }

    private static boolean isUnreserved(Slice slice, Collection<Slice> reserved) {
        return reserved.stream()
                .noneMatch(other -> other.gpuUuid().equals(slice.gpuUuid())
                        && other.placement().overlaps(slice.placement()));
    }

    private String startAny() {
        return pods.isEmpty() ? "nobody to start" : start(anyOf(List.copyOf(pods.keySet())));
    }

    /** What PreStartContainer does: the claim as the agent knows it, or as the API server has it. */
    private String start(String uid) {
        ModelPod pod = pod(uid);
        if (pool.claim(uid).isEmpty() && !apiServer) {
            return uid + " cannot be read";
        }
        Future<Map<Slice, MigRuntime>> realised = pool.realise(pod.claim, ONE_TRY, pods::containsKey);
        assertThat(realised.isDone()).as("a try on one thread is over at once").isTrue();
        try {
            Map<Slice, MigRuntime> got = realised.get();
            assertThat(got.keySet()).isEqualTo(pod.claim.slices());
            if (!pod.running.isEmpty()) {
                assertThat(got).as("%s runs already", uid).isEqualTo(pod.running);
            }
            pod.running = got;
            return uid + " runs on " + got;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RealisationException refused) {
                return uid + " does not start: " + refused.getMessage();
            }
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private ModelPod pod(String uid) {
        ModelPod pod = pods.get(uid);
        if (pod == null) {
            throw new AssertionError("no " + uid);
        }
        return pod;
    }

    /** A pod ends, with its processes or torn away from them. */
    private String endAny() throws GpuException {
        if (pods.isEmpty()) {
            return "nobody to end";
        }
        String uid = anyOf(List.copyOf(pods.keySet()));
        boolean orderly = random.nextInt(3) > 0;
        if (orderly) {
            for (MigRuntime runtime : pod(uid).running.values()) {
                endProcessesOf(runtime.migUuid());
            }
        }
        pods.remove(uid);
        boolean told = apiServer && random.nextInt(4) > 0;
        if (told) {
            pool.podGone(uid);
        }
        return uid + (orderly ? " ends" : " is torn away") + (told ? "" : ", nobody is told");
    }

    private void endProcessesOf(String migUuid) throws GpuException {
        for (Map.Entry<Long, String> process : Map.copyOf(processes).entrySet()) {
            if (process.getValue().equals(migUuid)) {
                machine.endProcess(process.getKey());
                processes.remove(process.getKey());
            }
        }
    }

    /** The identity is written back, unless somebody else changed the pod just then. */
    private String annotateAny() {
        if (!apiServer || pods.isEmpty()) {
            return "nothing to write back";
        }
        String uid = anyOf(List.copyOf(pods.keySet()));
        if (random.nextInt(3) == 0) {
            return uid + " is in conflict";
        }
        ModelPod pod = pod(uid);
        if (!pod.running.isEmpty()) {
            pod.annotated = pod.running;
        }
        return uid + " is written back";
    }

    private String reconcile() {
        if (apiServer) {
            pool.releaseAllBut(Set.copyOf(pods.keySet()));
            if (!adopted) {
                adopted = true;
                pods.values().forEach(pod -> {
                    if (pool.claim(pod.claim.uid()).isEmpty()) {
                        pool.adopt(pod.claim, pod.annotated);
                    }
                });
            }
        }
        pool.sweep().exceptionally(_ -> null).join();
        return "reconciled";
    }

    private String stranger() throws GpuException {
        Slice slice = anyOf(everySlice);
        boolean meant = pods.values().stream().anyMatch(pod -> !isUnreserved(slice, pod.claim.slices()));
        if (foreign.size() >= MOST_STRANGERS || meant || lost.contains(slice.gpuUuid())) {
            // In the very place of a half-made instance nobody could tell the two apart.
            return "no stranger";
        }
        try {
            foreign.add(machine.createForeignInstance(
                    slice.gpuUuid(),
                    slice.profile(),
                    slice.placement(),
                    slice.profile().computeSlices()));
            return "a stranger cuts " + slice;
        } catch (GpuException e) {
            return "a stranger finds no room for " + slice + ": " + e.code();
        }
    }

    private String strangerLeaves() throws GpuException {
        if (foreign.isEmpty() || lost.contains(foreign.getFirst().gpuUuid())) {
            return "no stranger leaves";
        }
        GpuInstance leaving = foreign.removeFirst();
        sound.destroyComputeInstance(leaving, leaving.computeInstances().getFirst());
        sound.destroyGpuInstance(leaving);
        return "a stranger leaves " + leaving;
    }

    private String processStarts() throws GpuException {
        List<MigRuntime> places = pods.values().stream()
                .flatMap(pod -> pod.running.entrySet().stream())
                .filter(entry -> !lost.contains(entry.getKey().gpuUuid()))
                .map(Map.Entry::getValue)
                .toList();
        if (places.isEmpty()) {
            return "no process starts";
        }
        String uuid = anyOf(places).migUuid();
        machine.startProcess(uuid, ++pids, 10);
        processes.put(pids, uuid);
        return "a process starts in " + uuid;
    }

    private String processEnds() throws GpuException {
        if (processes.isEmpty()) {
            return "no process ends";
        }
        long pid = anyOf(List.copyOf(processes.keySet()));
        machine.endProcess(pid);
        processes.remove(pid);
        return "a process ends";
    }

    /** A GPU falls off the bus, or somebody resets one that did. */
    private String lostOrFound() throws GpuException {
        if (!lost.isEmpty()) {
            String found = lost.iterator().next();
            for (MigRuntime runtime : runningOn(found)) {
                endProcessesOf(runtime.migUuid());
            }
            endAllProcesses();
            machine.resetGpu(found);
            lost.remove(found);
            forget(found);
            return found + " was reset";
        }
        String gpu = anyOf(gpus).uuid();
        machine.loseGpu(gpu);
        lost.add(gpu);
        return gpu + " is lost";
    }

    private List<MigRuntime> runningOn(String gpuUuid) {
        return pods.values().stream()
                .flatMap(pod -> pod.running.entrySet().stream())
                .filter(entry -> entry.getKey().gpuUuid().equals(gpuUuid))
                .map(Map.Entry::getValue)
                .toList();
    }

    private void endAllProcesses() throws GpuException {
        for (long pid : List.copyOf(processes.keySet())) {
            machine.endProcess(pid);
        }
        processes.clear();
    }

    /** All instances of a GPU are gone; whoever had one there has to start again. */
    private void forget(String gpuUuid) {
        foreign.removeIf(instance -> instance.gpuUuid().equals(gpuUuid));
        pods.values().stream().filter(pod -> pod.claim.uses(gpuUuid)).forEach(pod -> pod.running = Map.of());
    }

    private String reboot() throws GpuException {
        machine.reboot();
        processes.clear();
        lost.clear();
        gpus.forEach(gpu -> forget(gpu.uuid()));
        crash();
        return "reboot";
    }

    /** Called before anything is destroyed, from the agent. */
    private void requireNobodys(GpuInstance instance) {
        pods.forEach((uid, pod) -> pod.running.forEach((slice, runtime) -> {
            if (slice.gpuUuid().equals(instance.gpuUuid()) && runtime.gpuInstanceId() == instance.id()) {
                throw new AssertionError("about to destroy " + instance + " of " + uid + ", which runs");
            }
        }));
        foreign.forEach(other -> {
            if (other.isSameAs(instance)) {
                throw new AssertionError("about to destroy " + instance + ", which a stranger made");
            }
        });
    }

    /** What must always be true. */
    void check() throws GpuException {
        Set<String> real = new HashSet<>();
        List<GpuInstance> instances = realInstances();
        instances.forEach(instance -> instance.computeInstances().forEach(ci -> real.add(ci.migUuid())));
        Set<String> taken = new HashSet<>();
        pods.forEach((uid, pod) -> pod.running.forEach((slice, runtime) -> {
            if (!lost.contains(slice.gpuUuid()) && !real.contains(runtime.migUuid())) {
                throw new AssertionError(uid + " runs without its " + slice);
            }
            if (!taken.add(runtime.migUuid())) {
                throw new AssertionError(uid + " shares " + slice + " with another pod");
            }
        }));
        for (GpuInstance stranger : foreign) {
            if (!lost.contains(stranger.gpuUuid()) && instances.stream().noneMatch(stranger::isSameAs)) {
                throw new AssertionError(stranger + " of a stranger is gone");
            }
        }
    }

    private List<GpuInstance> realInstances() throws GpuException {
        List<GpuInstance> instances = new ArrayList<>();
        for (GpuDescription gpu : gpus) {
            if (!lost.contains(gpu.uuid())) {
                instances.addAll(sound.instances(gpu.uuid()));
            }
        }
        return instances;
    }

    /** Everything ends, nothing goes wrong any more, and time passes. */
    void settle() throws GpuException {
        driver.mend();
        apiServer = true;
        if (!lost.isEmpty()) {
            assertThat(lostOrFound()).endsWith("reset");
        }
        note(reconcile());
        for (String uid : List.copyOf(pods.keySet())) {
            String started = start(uid);
            check();
            assertThat(started).as("everything works again").matches(".*( runs on |stranger|not made by this pool).*");
        }
        endAllProcesses();
        pods.clear();
        for (int i = 0; i < 100 && (i == 0 || !leftOver().isEmpty()); i++) {
            clock.forward(IDLE_TTL);
            note(reconcile());
            check();
        }
        assertThat(pool.claims()).isEmpty();
    }

    /** What exists and is nobody's. */
    List<GpuInstance> leftOver() throws GpuException {
        return realInstances().stream()
                .filter(instance -> foreign.stream().noneMatch(instance::isSameAs))
                .toList();
    }

    private <T> T anyOf(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    @Override
    public void close() {
        driver.close();
        sound.close();
        machine.close();
    }
}
