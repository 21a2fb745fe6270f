package io.migpool.deviceplugin.node;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.health.GpuHealth;
import io.migpool.deviceplugin.health.GpuLooks;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Decides which GPUs this node offers and how, and switches MIG mode on where configuration wants it. MIG mode is never
 * switched off and no GPU is ever reset from here; what needs that is told in an Event and stays out of the pool. A change of
 * mode waits until no pod uses the GPU, and until then the GPU takes no new ones.
 */
final class GpuOffers implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(GpuOffers.class.getName());
    /** Reading what a look needs takes milliseconds; a board that is being cut may take longer. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final GpuDriver driver;
    private final InstancePool pool;
    private final GpuHealth health;
    private final GpuLooks looks;
    private final LabelDrivenGpus labelDriven;
    private final Supplier<GpuPlan> plan;
    private final Events events;
    private final MigEnabling enabling;
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

    private volatile Decision decision = new Decision(List.of(), Set.of(), Map.of(), false);
    /** What was told about all GPUs together, so that it is not told twice in a row. */
    private String toldOfAll = "";

    /**
     * How all GPUs stand.
     *
     * @param standings every GPU that is not filtered, by index
     * @param filtered UUIDs of those that configuration keeps out
     * @param numbers those of every GPU by UUID, as the driver told last
     * @param settled whether this is what configuration wants; else it is only how things were found
     */
    private record Decision(
            List<GpuStanding> standings, Set<String> filtered, Map<String, Numbers> numbers, boolean settled) {}

    /**
     * What a GPU is called besides its UUID.
     *
     * @param index the driver's
     * @param minor of its device node
     */
    private record Numbers(int index, int minor) {}

    /**
     * @param onLateAnswer called when something is to be decided anew because a GPU has answered that was not waited for
     */
    GpuOffers(
            GpuDriver driver,
            InstancePool pool,
            GpuHealth health,
            LabelDrivenGpus labelDriven,
            Supplier<GpuPlan> plan,
            Events events,
            Runnable onLateAnswer,
            InstantSource clock) {
        this.driver = driver;
        this.pool = pool;
        this.health = health;
        this.looks = new GpuLooks(this::look, PATIENCE, onLateAnswer);
        this.labelDriven = labelDriven;
        this.plan = plan;
        this.events = events;
        this.enabling = new MigEnabling(driver, PATIENCE, onLateAnswer, clock);
    }

    /** The offers by GPU index, as decided last. */
    List<GpuOffer> current() {
        return standings().stream()
                .flatMap(standing -> standing.offer().stream())
                .toList();
    }

    /** Every GPU that is not filtered, by index, as decided last. */
    List<GpuStanding> standings() {
        return decision.standings();
    }

    /** Whether what was decided last is what configuration wants; else it is only how things were found. */
    boolean isSettled() {
        return decision.settled();
    }

    /** See {@link OfferedGpus#indices}. */
    Map<String, Integer> indices() {
        return numbers(Numbers::index);
    }

    /** See {@link OfferedGpus#minors}. */
    Map<String, Integer> minors() {
        return numbers(Numbers::minor);
    }

    private Map<String, Integer> numbers(Function<Numbers, Integer> which) {
        return decision.numbers().entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, entry -> which.apply(entry.getValue())));
    }

    /** See {@link OfferedGpus#hasLeft}. */
    boolean hasLeft(String gpuUuid, GpuMode promised) {
        Decision last = decision;
        return last.settled()
                && last.standings().stream()
                        .filter(standing -> standing.gpu().uuid().equals(gpuUuid))
                        .findFirst()
                        .map(standing -> standing.hasLeft(promised))
                        .orElse(last.filtered().contains(gpuUuid));
    }

    /** Calls the listener after a change, on the thread that decided; it must be quick. */
    void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Decides anew. Blocks for driver calls; called from one thread. */
    void decide() {
        GpuPlan wanted = plan.get();
        List<GpuDescription> present = gpus();
        List<GpuDescription> mine =
                present.stream().filter(gpu -> !wanted.excludes(gpu)).toList();
        if (wanted.settled()) {
            present.stream()
                    .filter(wanted::excludes)
                    .map(GpuDescription::uuid)
                    .filter(labelDriven::has)
                    .forEach(this::takeFromLabel);
        }
        List<GpuStanding> decided = looks.at(mine).stream()
                .flatMap(sight -> decide(sight, wanted).stream())
                .toList();
        if (wanted.settled() && !present.isEmpty()) {
            labelDriven.decided();
        }
        Set<String> filtered = present.stream()
                .filter(wanted::excludes)
                .map(GpuDescription::uuid)
                .collect(Collectors.toUnmodifiableSet());
        Map<String, Numbers> numbers = new HashMap<>(decision.numbers());
        present.forEach(gpu -> numbers.put(gpu.uuid(), new Numbers(gpu.index(), gpu.minor())));
        Decision next = new Decision(decided, filtered, Map.copyOf(numbers), wanted.settled());
        if (!next.equals(decision)) {
            decided.forEach(this::tellNews);
            decision = next;
            listeners.forEach(Runnable::run);
        }
    }

    /** Neither the pool nor the label has a filtered GPU. Pods that have devices of it keep them, and it is asked for again. */
    private void takeFromLabel(String gpuUuid) {
        try {
            if (labelDriven.takeBack(gpuUuid)) {
                LOG.log(Level.INFO, "filtered GPU {0} no longer follows the label", gpuUuid);
            }
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "it is unknown whether pods have devices of filtered GPU {0}, which stays the label''s until then: {1}",
                    gpuUuid,
                    e.getMessage());
        }
    }

    /** Empty for a GPU that is to be the pool's and that pods still have otherwise. */
    private Optional<GpuStanding> decide(GpuLooks.Sight sight, GpuPlan wanted) {
        GpuDescription gpu = sight.gpu();
        if (isLabels(gpu, wanted)) {
            return Optional.of(untilLeft(gpu, wanted));
        }
        if (!labelDriven.isPools(gpu.uuid())) {
            if (sight.seen() instanceof GpuLooks.Seen.Trouble(GpuException why)) {
                // It would be asked whose it is, and not answer that either.
                return Optional.of(unhealthy(gpu, why, wanted));
            }
            try {
                if (!labelDriven.takeBack(gpu.uuid())) {
                    return Optional.empty();
                }
            } catch (IOException e) {
                return Optional.of(GpuStanding.outOfPool(
                        gpu,
                        GpuTrouble.GPU_UNHEALTHY,
                        "whether pods have devices of it cannot be told, which is tried again: " + e.getMessage()));
            }
        }
        return Optional.of(standing(sight, wanted));
    }

    private List<GpuDescription> gpus() {
        try {
            List<GpuDescription> gpus = driver.gpus();
            toldOfAll = "";
            return gpus;
        } catch (GpuException e) {
            String note = String.valueOf(e.getMessage());
            if (!note.equals(toldOfAll)) {
                toldOfAll = note;
                LOG.log(Level.WARNING, "the GPUs cannot be listed: {0}", note);
                events.warnNode("GpusUnreadable", note);
            }
            return standings().stream().map(GpuStanding::gpu).toList();
        }
    }

    /** While it is not certain whose a GPU is, it stays whose it was. */
    private boolean isLabels(GpuDescription gpu, GpuPlan wanted) {
        return wanted.settled() ? wanted.isLabelDriven(gpu) : labelDriven.has(gpu.uuid());
    }

    /** A GPU that the label decides on is not in the pool; while pods of the pool are there it takes no new ones. */
    private GpuStanding untilLeft(GpuDescription gpu, GpuPlan wanted) {
        if (labelDriven.give(gpu.uuid())) {
            return new GpuStanding(gpu, Optional.empty(), Optional.empty());
        }
        GpuMode present = lastOffer(gpu)
                .map(GpuOffer::mode)
                .orElse(isUsedBy(gpu, ClaimedDevice.Mig.class) ? GpuMode.MIG : GpuMode.HAMI_CORE);
        return GpuStanding.hampered(
                new GpuOffer(gpu, present, wanted.sharing(), false),
                GpuTrouble.MODE_CHANGE_WAITS,
                "%s is to follow the label nvidia.com/mig.config; it takes no new pods and leaves the pool when its present pods have ended"
                        .formatted(gpu.uuid()));
    }

    private MigMode look(GpuDescription gpu) throws GpuException {
        health.examine(gpu.uuid());
        return gpu.migCapable() ? driver.migMode(gpu.uuid()) : MigMode.OFF;
    }

    private GpuStanding standing(GpuLooks.Sight sight, GpuPlan wanted) {
        GpuDescription gpu = sight.gpu();
        try {
            MigMode mode =
                    switch (sight.seen()) {
                        case GpuLooks.Seen.Mode answer -> answer.mode();
                        case GpuLooks.Seen.Trouble trouble -> throw trouble.why();
                    };
            boolean migOn = mode.enabled();
            return switch (wanted.modeOf(gpu, migOn)) {
                case MIG -> migOn ? untilReset(usable(gpu, GpuMode.MIG, wanted), mode) : afterEnabling(gpu, wanted);
                case HAMI_CORE -> migOn ? insteadOfMig(gpu, wanted) : shared(gpu, mode, wanted);
                case MPS ->
                    GpuStanding.outOfPool(
                            gpu,
                            GpuTrouble.MODE_NOT_SERVED,
                            "operatingmode mps is not served; set hami-core or mig in config.json");
            };
        } catch (GpuException e) {
            return unhealthy(gpu, e, wanted);
        }
    }

    private GpuStanding unhealthy(GpuDescription gpu, GpuException trouble, GpuPlan wanted) {
        return new GpuStanding(
                gpu,
                lastOffer(gpu).map(last -> new GpuOffer(gpu, last.mode(), wanted.sharing(), false)),
                Optional.of(new GpuCondition(GpuTrouble.GPU_UNHEALTHY, String.valueOf(trouble.getMessage()))));
    }

    private GpuStanding usable(GpuDescription gpu, GpuMode mode, GpuPlan wanted) {
        Optional<String> trouble =
                health.ailment(gpu.uuid()).or(() -> pool.trouble(gpu.uuid()).map(Throwable::getMessage));
        GpuOffer offer = new GpuOffer(gpu, mode, wanted.sharing(), trouble.isEmpty());
        return trouble.map(note -> GpuStanding.hampered(offer, GpuTrouble.GPU_UNHEALTHY, note))
                .orElseGet(() -> GpuStanding.serving(offer));
    }

    /** It serves in the mode that is wanted, and may have been told to have the other one after its next reset. */
    private static GpuStanding untilReset(GpuStanding usable, MigMode mode) {
        if (!mode.resetRequired() || usable.condition().isPresent()) {
            return usable;
        }
        String gpu = usable.gpu().uuid();
        return usable.offer()
                .map(offer -> GpuStanding.hampered(
                        offer,
                        GpuTrouble.MIG_MODE_CHANGES_WITH_RESET,
                        "%s serves with MIG mode %s, but the next reset or reboot switches it %s; run nvidia-smi -i %s -mig %d to keep it"
                                .formatted(
                                        gpu,
                                        mode.enabled() ? "on" : "off",
                                        mode.pending() ? "on" : "off",
                                        gpu,
                                        mode.enabled() ? 1 : 0)))
                .orElse(usable);
    }

    private GpuStanding afterEnabling(GpuDescription gpu, GpuPlan wanted) throws GpuException {
        if (!gpu.migCapable()) {
            return GpuStanding.outOfPool(
                    gpu,
                    GpuTrouble.NO_MIG,
                    "operatingmode is mig but " + gpu.model()
                            + " has no MIG, or is a virtual GPU, which its host cuts; set operatingmode hami-core for it, or filter the GPU");
        }
        if (isUsedBy(gpu, ClaimedDevice.Shared.class)) {
            return waiting(gpu, GpuMode.HAMI_CORE, GpuMode.MIG, wanted);
        }
        Optional<GpuStanding> off = enabling.enable(gpu, trouble -> unhealthy(gpu, trouble, wanted));
        if (off.isPresent()) {
            return off.get();
        }
        // Profiles may be readable only now.
        GpuDescription cuttable = driver.gpus().stream()
                .filter(other -> other.uuid().equals(gpu.uuid()))
                .findFirst()
                .orElse(gpu);
        return usable(cuttable, GpuMode.MIG, wanted);
    }

    /** Pods may have had instances there before a reboot switched MIG mode off; until they have ended or been moved they count. */
    private GpuStanding shared(GpuDescription gpu, MigMode mode, GpuPlan wanted) {
        boolean promised = labelDriven.podsOn(gpu.uuid()).orElseGet(() -> List.copyOf(pool.claims())).stream()
                .anyMatch(claim -> has(claim, gpu, ClaimedDevice.Mig.class));
        if (promised) {
            return GpuStanding.hampered(
                    new GpuOffer(gpu, GpuMode.HAMI_CORE, wanted.sharing(), false),
                    GpuTrouble.MODE_CHANGE_WAITS,
                    "MIG mode of %s is off, but pods have instances reserved there; it takes no new pods until they have ended or been moved"
                            .formatted(gpu.uuid()));
        }
        return untilReset(usable(gpu, GpuMode.HAMI_CORE, wanted), mode);
    }

    private GpuStanding insteadOfMig(GpuDescription gpu, GpuPlan wanted) {
        if (isUsedBy(gpu, ClaimedDevice.Mig.class)) {
            return waiting(gpu, GpuMode.MIG, GpuMode.HAMI_CORE, wanted);
        }
        return GpuStanding.outOfPool(
                gpu,
                GpuTrouble.MIG_MODE_STILL_ON,
                "operatingmode is hami-core but MIG mode is on, and the pool never switches it off; run nvidia-smi -i "
                        + gpu.uuid() + " -mig 0, or set operatingmode mig");
    }

    /** Or is about to be: a pod that is bound here may not have started yet. While the pods are not known, somebody may be one. */
    private boolean isUsedBy(GpuDescription gpu, Class<? extends ClaimedDevice> kind) {
        return labelDriven
                .podsOn(gpu.uuid())
                .map(pods -> pods.stream().anyMatch(claim -> has(claim, gpu, kind)))
                .orElse(true);
    }

    private static boolean has(PodClaim claim, GpuDescription gpu, Class<? extends ClaimedDevice> kind) {
        return claim.containers().stream()
                .flatMap(container -> container.devices().stream())
                .anyMatch(device -> kind.isInstance(device) && device.gpuUuid().equals(gpu.uuid()));
    }

    private static GpuStanding waiting(GpuDescription gpu, GpuMode present, GpuMode next, GpuPlan wanted) {
        return GpuStanding.hampered(
                new GpuOffer(gpu, present, wanted.sharing(), false),
                GpuTrouble.MODE_CHANGE_WAITS,
                "operatingmode of %s is now %s; the GPU takes no new pods and changes when its present pods have ended"
                        .formatted(gpu.uuid(), next));
    }

    private Optional<GpuOffer> lastOffer(GpuDescription gpu) {
        return last(gpu).flatMap(GpuStanding::offer);
    }

    private Optional<GpuStanding> last(GpuDescription gpu) {
        return standings().stream()
                .filter(standing -> standing.gpu().uuid().equals(gpu.uuid()))
                .findFirst();
    }

    private void tellNews(GpuStanding now) {
        Optional<GpuCondition> before = last(now.gpu()).flatMap(GpuStanding::condition);
        now.condition()
                .filter(condition -> !before.equals(Optional.of(condition)))
                .ifPresent(condition -> {
                    LOG.log(Level.WARNING, "{0}: {1}", now.gpu().uuid(), condition.note());
                    events.warnNode(condition.reason(), condition.note());
                });
        boolean healed = before.filter(condition -> condition.trouble() == GpuTrouble.GPU_UNHEALTHY)
                        .isPresent()
                && now.condition().isEmpty();
        if (healed) {
            LOG.log(Level.INFO, "{0} is healthy again", now.gpu().uuid());
            events.noteNode(
                    "GpuRecovered", now.gpu().uuid() + " is healthy again and takes new pods; nothing need be done");
        }
    }

    @Override
    public void close() {
        looks.close();
        enabling.close();
    }
}
