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
import io.migpool.deviceplugin.reservation.OfferedGpus;
import io.migpool.runtime.log.LastReport;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Decides which GPUs this node offers and how, and switches MIG mode on where configuration demands it. It never
 * switches MIG mode off and never resets a GPU; GPUs that need that are reported in an Event and stay out of the pool.
 * A change of mode waits until no pod uses the GPU, which takes no new pods until then.
 */
final class GpuOffers implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(GpuOffers.class.getName());
    /** How long a check waits. Reading takes milliseconds, but may take longer while a board is being cut. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    /** How long each GPU whose MIG mode is switched on is waited for; some boards take no time. */
    private static final Duration ENABLING_PATIENCE = Duration.ofMillis(100);
    /** So many conditions of one GPU are not reported again; more than a trouble has words. */
    private static final int MOST_REMEMBERED = 32;

    private final GpuDriver driver;
    private final InstancePool pool;
    private final GpuHealth health;
    private final GpuLooks looks;
    private final LabelDrivenGpus labelDriven;
    private final Supplier<GpuPlan> plan;
    private final Events events;
    private final MigEnabling enabling;
    private final PoolStandings standings;
    private final FilteredGpus filteredGpus;
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

    private volatile Decision decision = new Decision(List.of(), Set.of(), Map.of(), false);
    private final LastReport toldOfAll = new LastReport();
    /** The conditions that were reported since each GPU had none, by its UUID. Used by the thread that decides. */
    private final Map<String, Set<GpuCondition>> told = new HashMap<>();

    /**
     * The state of all GPUs.
     *
     * @param standings the standing of every GPU that is not filtered, by index
     * @param filtered UUIDs of the GPUs that configuration keeps out
     * @param numbers the numbers of every GPU by UUID, as last reported by the driver
     * @param settled whether this is what configuration wants; otherwise it is only what was found
     */
    private record Decision(
            List<GpuStanding> standings, Set<String> filtered, Map<String, Numbers> numbers, boolean settled) {}

    /**
     * The numbers that identify a GPU besides its UUID.
     *
     * @param index the driver's index
     * @param minor the minor number of its device node
     */
    private record Numbers(int index, int minor) {}

    /**
     * @param onLateAnswer called when a GPU answers that was no longer waited for, so that a new decision is due
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
        this.filteredGpus = new FilteredGpus(pool, clock);
        this.enabling = new MigEnabling(driver, ENABLING_PATIENCE, onLateAnswer, clock);
        this.standings = new PoolStandings(driver, pool, health, labelDriven, enabling, this::lastOffer);
    }

    /** Returns the offers by GPU index, as last decided. */
    List<GpuOffer> current() {
        return standings().stream()
                .flatMap(standing -> standing.offer().stream())
                .toList();
    }

    /** Returns the standing of every GPU that is not filtered, by index, as last decided. */
    List<GpuStanding> standings() {
        return decision.standings();
    }

    /** Returns whether the last decision is what configuration wants; otherwise it is only what was found. */
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

    /** Calls the listeners. */
    void changed() {
        listeners.forEach(Runnable::run);
    }

    /** Decides again. Blocks for driver calls; called from one thread. */
    void decide() {
        GpuPlan wanted = plan.get();
        List<GpuDescription> present = gpus();
        pool.takeIn(present);
        List<GpuDescription> concerned = present.stream()
                .filter(gpu -> !wanted.excludes(gpu) || labelDriven.has(gpu.uuid()))
                .toList();
        List<GpuStanding> decided = looks.at(concerned).stream()
                .flatMap(sight -> decide(sight, wanted).stream())
                .toList();
        Set<String> filtered = present.stream()
                .filter(wanted::excludes)
                .map(GpuDescription::uuid)
                .collect(Collectors.toUnmodifiableSet());
        filteredGpus.are(filtered);
        present.stream()
                .filter(gpu -> filteredGpus.isDue(gpu.uuid()) && !labelDriven.has(gpu.uuid()))
                .forEach(this::giveUp);
        if (wanted.settled() && !present.isEmpty()) {
            labelDriven.decided(present.stream().map(GpuDescription::uuid).collect(Collectors.toUnmodifiableSet()));
        }
        Map<String, Numbers> numbers = new HashMap<>(decision.numbers());
        present.forEach(gpu -> numbers.put(gpu.uuid(), new Numbers(gpu.index(), gpu.minor())));
        Decision next = new Decision(decided, filtered, Map.copyOf(numbers), wanted.settled());
        if (!next.equals(decision)) {
            decided.forEach(this::tellNews);
            decision = next;
            changed();
        }
    }

    /** Has the pool leave a filtered GPU alone, once no pod has anything there. */
    private void giveUp(GpuDescription gpu) {
        boolean unused = labelDriven.podsOn(gpu.uuid()).filter(List::isEmpty).isPresent();
        boolean responds = unused
                && looks.soon(gpu).filter(GpuLooks.Seen.Mode.class::isInstance).isPresent();
        if (responds) {
            filteredGpus.giveUp(gpu.uuid());
        }
    }

    /**
     * Takes a filtered GPU from the label: neither the pool nor the label keeps it. Pods that have devices of it keep
     * them, and the next decision tries again.
     */
    private void takeFromLabel(String gpuUuid) {
        try {
            if (labelDriven.takeBack(gpuUuid)) {
                LOG.log(Level.INFO, "filtered GPU {0} no longer follows the label", gpuUuid);
            }
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "it is unknown whether pods have devices of filtered GPU {0}; it keeps following the label until this is known: {1}",
                    gpuUuid,
                    e.getMessage());
        }
    }

    /**
     * Decides on one GPU; empty if it is filtered, and while one that is to return to the pool is still in use or being
     * cut, or has not responded yet.
     */
    private Optional<GpuStanding> decide(GpuLooks.Sight sight, GpuPlan wanted) {
        GpuDescription gpu = sight.gpu();
        // Whose it is takes further calls, which would wait for a GPU that hangs.
        boolean responds = sight.seen() instanceof GpuLooks.Seen.Mode && !looks.isUnderWay(gpu.uuid());
        if (wanted.excludes(gpu)) {
            if (responds) {
                takeFromLabel(gpu.uuid());
            }
            return Optional.empty();
        }
        if (isLabels(gpu, wanted)) {
            filteredGpus.forget(gpu.uuid());
            return Optional.of(untilLeft(gpu, wanted));
        }
        if (!labelDriven.isPools(gpu.uuid())) {
            if (sight.seen() instanceof GpuLooks.Seen.Trouble(GpuException why)) {
                return Optional.of(standings.unhealthy(gpu, why, wanted));
            }
            if (!responds) {
                return Optional.empty();
            }
            try {
                if (!labelDriven.takeBack(gpu.uuid())) {
                    return Optional.empty();
                }
            } catch (IOException e) {
                return Optional.of(GpuStanding.outOfPool(
                        gpu,
                        GpuTrouble.GPU_UNHEALTHY,
                        "it is unknown whether pods have devices of it; retrying: " + e.getMessage()));
            }
        }
        if (filteredGpus.mayBeGivenUp(gpu.uuid()) && !(responds && pool.takeBack(gpu.uuid()))) {
            return Optional.empty();
        }
        filteredGpus.forget(gpu.uuid());
        return Optional.of(standings.standing(sight, wanted));
    }

    private List<GpuDescription> gpus() {
        try {
            List<GpuDescription> gpus = driver.gpus();
            toldOfAll.clear();
            return gpus;
        } catch (GpuException e) {
            String note = String.valueOf(e.getMessage());
            if (toldOfAll.changesTo(note)) {
                LOG.log(Level.WARNING, "the GPUs cannot be listed: {0}", note);
                events.warnNode("GpusUnreadable", note);
            }
            return standings().stream().map(GpuStanding::gpu).toList();
        }
    }

    /** Returns whether a GPU is the label's. Until the configuration is settled, it stays where it was. */
    private boolean isLabels(GpuDescription gpu, GpuPlan wanted) {
        return wanted.settled() ? wanted.isLabelDriven(gpu) : labelDriven.has(gpu.uuid());
    }

    /**
     * Gives a GPU to the label. Until the pods of the pool have left it, it stays in the pool but takes no new pods.
     */
    private GpuStanding untilLeft(GpuDescription gpu, GpuPlan wanted) {
        if (labelDriven.give(gpu.uuid())) {
            return new GpuStanding(gpu, Optional.empty(), Optional.empty());
        }
        GpuMode present = lastOffer(gpu)
                .map(GpuOffer::mode)
                .orElse(standings.isUsedBy(gpu, ClaimedDevice.Mig.class) ? GpuMode.MIG : GpuMode.HAMI_CORE);
        return GpuStanding.hampered(
                new GpuOffer(gpu, present, wanted.sharing().offer(), false),
                GpuTrouble.MODE_CHANGE_WAITS,
                "%s will follow the label nvidia.com/mig.config; it takes no new pods and leaves the pool when its present pods have ended"
                        .formatted(gpu.uuid()));
    }

    private MigMode look(GpuDescription gpu) throws GpuException {
        health.examine(gpu.uuid());
        return gpu.migCapable() ? driver.migMode(gpu.uuid()) : MigMode.OFF;
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
        String gpu = now.gpu().uuid();
        now.condition().ifPresentOrElse(condition -> tellOnce(gpu, condition), () -> told.remove(gpu));
        boolean healed = before.filter(condition -> condition.trouble() == GpuTrouble.GPU_UNHEALTHY)
                        .isPresent()
                && now.condition().isEmpty();
        if (healed) {
            LOG.log(Level.INFO, "{0} is healthy again", gpu);
            events.noteNode("GpuRecovered", gpu + " is healthy again and takes new pods; no action needed");
        }
    }

    /** Conditions may alternate, as when a GPU answers now and then; each is told once until the GPU has none. */
    private void tellOnce(String gpu, GpuCondition condition) {
        Set<GpuCondition> before = told.computeIfAbsent(gpu, _ -> new HashSet<>());
        if (before.size() >= MOST_REMEMBERED) {
            before.clear();
        }
        if (before.add(condition)) {
            String note = condition.note();
            LOG.log(Level.WARNING, "{0}: {1}", gpu, note);
            events.warnNode(condition.reason(), note.contains(gpu) ? note : gpu + ": " + note);
        }
    }

    @Override
    public void close() {
        looks.close();
        enabling.close();
    }
}
