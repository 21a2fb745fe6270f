package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.geometry.GpuDecision.Change;
import io.migpool.deviceplugin.geometry.GpuDecision.Matches;
import io.migpool.deviceplugin.geometry.GpuDecision.Refused;
import io.migpool.deviceplugin.geometry.GpuDecision.Waits;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigSupport;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Brings the GPUs of a machine into the layout of a configuration. All of it is planned first, on paper; nothing is touched
 * unless every GPU can be brought there. A step that fails has every GPU taken back to the layout it had. Doing it twice does
 * nothing the second time, and doing it again after a crash finishes what was begun.
 *
 * <p>No process is ever ended: a layout that needs an instance in use to go waits for its users.
 *
 * <p>Not safe for use by several threads at once. Nobody else may cut the GPUs that it is about.
 */
public final class Geometry {

    private static final System.Logger LOG = System.getLogger(Geometry.class.getName());

    private static final String NEEDS_RESET = "MIG mode changes only with a reset of the GPU or a reboot";

    private final GpuDriver driver;
    private final Predicate<GpuDescription> ours;
    private final Predicate<GpuDescription> free;
    private final Cutter cutter;

    /** For every GPU of the machine; none is ever reset. */
    public Geometry(GpuDriver driver) {
        this(driver, _ -> true, _ -> true, () -> false);
    }

    /**
     * @param ours the GPUs that configurations are about; the others do not exist for it
     * @param free those of them that may be changed now, asked anew before each change; the others are waited for
     * @param mayReset whether a GPU on which nothing runs may be reset where its MIG mode needs that
     */
    public Geometry(
            GpuDriver driver,
            Predicate<GpuDescription> ours,
            Predicate<GpuDescription> free,
            BooleanSupplier mayReset) {
        this.driver = driver;
        this.ours = ours;
        this.free = free;
        this.cutter = new Cutter(driver, mayReset);
    }

    /** A GPU as it was, to go back to. */
    private record Former(String gpuUuid, GpuLayout view) {}

    /**
     * What {@link #apply} would do first, without doing it.
     *
     * @return {@code Applied} without changes if the machine is so; {@code Applied} naming the GPUs that would be changed;
     *     {@code Waiting}, {@code NeedsReset} or {@code Refused} with the reasons
     * @param occupants who has been given devices of these GPUs; what they have is not taken away
     * @throws GpuException if a GPU cannot be read
     */
    public Outcome check(List<MigSpecEntry> config, List<Occupant> occupants) throws GpuException {
        return check(new Target.Layout(config), occupants);
    }

    /** As {@link #check(List, List)}, for any target. */
    public Outcome check(Target target, List<Occupant> occupants) throws GpuException {
        try {
            return verdict(decide(target, occupants));
        } catch (MigSpecException e) {
            return new Outcome.Refused(List.of(String.valueOf(e.getMessage())));
        }
    }

    /** Whether the machine is as the configuration says. */
    public boolean isApplied(List<MigSpecEntry> config) throws GpuException {
        return isApplied(new Target.Layout(config));
    }

    /** Whether the machine is so. */
    public boolean isApplied(Target target) throws GpuException {
        return check(target, List.of()) instanceof Outcome.Applied(List<String> toChange) && toChange.isEmpty();
    }

    /**
     * Makes it so.
     *
     * @param occupants as for {@link #check}
     * @throws GpuException if a GPU cannot be read before anything is done
     */
    public Outcome apply(List<MigSpecEntry> config, List<Occupant> occupants) throws GpuException {
        return apply(new Target.Layout(config), occupants);
    }

    /** As {@link #apply(List, List)}, for any target. */
    public Outcome apply(Target target, List<Occupant> occupants) throws GpuException {
        List<GpuDecision> decisions;
        try {
            decisions = decide(target, occupants);
        } catch (MigSpecException e) {
            return new Outcome.Refused(List.of(String.valueOf(e.getMessage())));
        }
        Outcome planned = verdict(decisions);
        return planned instanceof Outcome.Applied
                ? carriedOut(decisions, planned, change -> {
                    cutter.act(change);
                    LOG.log(
                            System.Logger.Level.INFO,
                            "GPU {0} is now cut into {1}",
                            change.target().gpu().uuid(),
                            change.target().migDevices());
                })
                : planned;
    }

    /**
     * Has the MIG modes that only a reset changes come into force with the next reboot; the rest is for {@link #apply} after it.
     *
     * @param occupants as for {@link #check}
     * @return {@code Applied} if a reboot is all it takes now
     * @throws GpuException if a GPU cannot be read before anything is done
     */
    public Outcome prepareReboot(List<MigSpecEntry> config, List<Occupant> occupants) throws GpuException {
        return prepareReboot(new Target.Layout(config), occupants);
    }

    /** As {@link #prepareReboot(List, List)}, for any target. */
    public Outcome prepareReboot(Target target, List<Occupant> occupants) throws GpuException {
        List<GpuDecision> decisions;
        try {
            decisions = decide(target, occupants);
        } catch (MigSpecException e) {
            return new Outcome.Refused(List.of(String.valueOf(e.getMessage())));
        }
        List<GpuDecision> waiting = new ArrayList<>();
        List<GpuDecision> pending = new ArrayList<>();
        for (GpuDecision decision : decisions) {
            if (decision instanceof Change change
                    && (change.needsReset() || change.mode().isTakenBack())) {
                pending.add(change);
            } else if (decision instanceof Waits) {
                waiting.add(decision);
            }
        }
        return waiting.isEmpty()
                ? carriedOut(pending, new Outcome.Applied(uuids(pending)), cutter::leaveWord)
                : verdict(waiting);
    }

    /**
     * Goes back to where GPUs were before a reboot was prepared that did not come. Those that it did change stay as they are.
     *
     * @param before of GPUs that {@link #prepareReboot} was about
     * @param occupants as for {@link #check}
     * @throws GpuException if a GPU cannot be read before anything is done
     */
    public Outcome takeBack(LayoutSnapshot before, List<Occupant> occupants) throws GpuException {
        List<LayoutSnapshot.Gpu> untouched = new ArrayList<>();
        for (LayoutSnapshot.Gpu gpu : before.gpus()) {
            if (driver.migMode(gpu.uuid()).enabled() == gpu.migEnabled()) {
                untouched.add(gpu);
            }
        }
        return apply(new Target.Places(new LayoutSnapshot(untouched)), occupants);
    }

    /**
     * Which GPUs would need a reset that they cannot be given here, whoever uses them.
     *
     * @return as sentences
     * @throws GpuException if a GPU cannot be read
     */
    public List<String> resets(List<MigSpecEntry> config) throws GpuException {
        List<String> needed = new ArrayList<>();
        try {
            for (GpuTarget target : targets(new Target.Layout(config))) {
                String gpu = target.gpu().uuid();
                if (target.gpu().migSupport() == MigSupport.AFTER_RESET
                        && driver.migMode(gpu).enabled() != target.migEnabled()
                        && !cutter.canReset(gpu)) {
                    needed.add(about(target, NEEDS_RESET));
                }
            }
        } catch (MigSpecException e) {
            return List.of();
        }
        return needed;
    }

    /** The part of a checkpoint that is about GPUs of which this configuration says nothing. */
    public LayoutSnapshot othersOf(LayoutSnapshot before, List<MigSpecEntry> config)
            throws GpuException, MigSpecException {
        List<String> others = new ArrayList<>(
                driver.gpus().stream().filter(ours).map(GpuDescription::uuid).toList());
        targets(new Target.Layout(config))
                .forEach(target -> others.remove(target.gpu().uuid()));
        return new LayoutSnapshot(before.gpus().stream()
                .filter(gpu -> others.contains(gpu.uuid()))
                .toList());
    }

    /**
     * Where those GPUs are whose MIG mode is another than this configuration's.
     *
     * @throws GpuException if a GPU cannot be read
     */
    public LayoutSnapshot otherwise(List<MigSpecEntry> config) throws GpuException {
        try {
            return otherwise(new Target.Modes(config));
        } catch (MigSpecException e) {
            return new LayoutSnapshot(List.of());
        }
    }

    /**
     * Where those GPUs are whose MIG mode is another than this target's, to go back to. An instance that is cut into parts
     * counts as a whole one.
     *
     * @throws GpuException if a GPU cannot be read
     * @throws MigSpecException if the target is about GPUs that are not there
     */
    public Target formerOf(Target target) throws GpuException, MigSpecException {
        return new Target.Places(otherwise(target));
    }

    private LayoutSnapshot otherwise(Target target) throws GpuException, MigSpecException {
        List<LayoutSnapshot.Gpu> gpus = new ArrayList<>();
        for (GpuTarget differing : targets(target.modesOnly())) {
            String gpu = differing.gpu().uuid();
            GpuLayout view = GpuLayout.read(driver, gpu, List.of());
            gpus.add(new LayoutSnapshot.Gpu(gpu, view.mode().enabled(), view.pieces()));
        }
        return new LayoutSnapshot(gpus);
    }

    private static List<String> uuids(List<GpuDecision> decisions) {
        return decisions.stream()
                .map(decision -> decision.target().gpu().uuid())
                .toList();
    }

    /** A step of the way; the first that fails has every GPU taken back. */
    @FunctionalInterface
    private interface Act {
        void on(Change change) throws GpuException, MigSpecException;
    }

    private Outcome carriedOut(List<GpuDecision> decisions, Outcome done, Act act) {
        List<Former> touched = new ArrayList<>();
        try {
            for (GpuDecision decision : decisions) {
                if (decision instanceof Change change) {
                    String gpu = change.target().gpu().uuid();
                    touched.addLast(new Former(gpu, GpuLayout.read(driver, gpu, List.of())));
                    act.on(change);
                }
            }
            return done;
        } catch (GpuException e) {
            return undone(touched, e);
        } catch (MigSpecException e) {
            boolean restored = takeBack(touched);
            return restored
                    ? new Outcome.Refused(List.of(String.valueOf(e.getMessage())))
                    : new Outcome.Failed(String.valueOf(e.getMessage()), false);
        }
    }

    private List<GpuDecision> decide(Target target, List<Occupant> occupants) throws GpuException, MigSpecException {
        List<GpuDecision> decisions = new ArrayList<>();
        for (GpuTarget each : targets(target)) {
            GpuDecision decision =
                    GpuDecision.of(each, GpuLayout.read(driver, each.gpu().uuid(), occupants));
            if (decision instanceof Change && !free.test(each.gpu())) {
                decisions.add(new Waits(each, "somebody else has not left it yet"));
            } else {
                decisions.add(mustBeSwitchedOffByHand(decision) ? byHand(each) : decision);
            }
        }
        return decisions;
    }

    private List<GpuTarget> targets(Target target) throws GpuException, MigSpecException {
        List<GpuDescription> gpus = driver.gpus().stream().filter(ours).toList();
        return switch (target) {
            case Target.Layout(List<MigSpecEntry> entries) -> GpuTarget.of(entries, gpus);
            case Target.Modes(List<MigSpecEntry> entries) -> otherModes(GpuTarget.of(entries, gpus));
            case Target.Places(LayoutSnapshot checkpoint) -> GpuTarget.of(checkpoint, gpus);
            case Target.FormerModes(LayoutSnapshot checkpoint) -> otherModes(GpuTarget.of(checkpoint, gpus));
        };
    }

    private List<GpuTarget> otherModes(List<GpuTarget> targets) throws GpuException {
        List<GpuTarget> others = new ArrayList<>();
        for (GpuTarget target : targets) {
            String gpu = target.gpu().uuid();
            MigMode mode = driver.migMode(gpu);
            if (mode.enabled() != target.migEnabled()) {
                others.add(new GpuTarget(target.gpu(), target.migEnabled(), Map.of()));
            } else if (mode.pending() != target.migEnabled()) {
                List<LaidInstance> present =
                        driver.instances(gpu).stream().map(LaidInstance::of).toList();
                others.add(new GpuTarget(target.gpu(), target.migEnabled(), Map.of(), Optional.of(present)));
            }
        }
        return others;
    }

    /** Known before anything is cleared: not every adapter can switch MIG mode off. */
    private boolean mustBeSwitchedOffByHand(GpuDecision decision) {
        return decision instanceof Change change
                && (change.mode() == GpuDecision.ModeChange.SWITCH_OFF
                        || change.mode() == GpuDecision.ModeChange.STAY_OFF)
                && driver.modeSwitch().isEmpty();
    }

    private static GpuDecision byHand(GpuTarget target) {
        return new Waits(
                target,
                "MIG mode has to be switched off by hand, this driver adapter does not; run nvidia-smi -mig 0 -i "
                        + target.gpu().uuid());
    }

    private Outcome verdict(List<GpuDecision> decisions) throws GpuException {
        List<String> refused = new ArrayList<>();
        List<String> waits = new ArrayList<>();
        List<Occupant> occupants = new ArrayList<>();
        Set<Long> processes = new HashSet<>();
        List<String> resets = new ArrayList<>();
        List<String> changes = new ArrayList<>();
        for (GpuDecision decision : decisions) {
            switch (decision) {
                case Matches _ -> {}
                case Change change -> {
                    String gpu = change.target().gpu().uuid();
                    changes.add(gpu);
                    if (change.needsReset() && !cutter.canReset(gpu)) {
                        resets.add(about(change.target(), NEEDS_RESET));
                    }
                }
                case Waits(GpuTarget target, String reason, List<Occupant> users, Set<Long> ids) -> {
                    waits.add(about(target, reason));
                    occupants.addAll(users);
                    processes.addAll(ids);
                }
                case Refused(GpuTarget target, String reason) -> refused.add(about(target, reason));
            }
        }
        if (!refused.isEmpty()) {
            return new Outcome.Refused(refused);
        }
        if (!waits.isEmpty()) {
            return new Outcome.Waiting(waits, occupants, processes);
        }
        return resets.isEmpty() ? new Outcome.Applied(changes) : new Outcome.NeedsReset(resets);
    }

    private static String about(GpuTarget target, String reason) {
        return "GPU %d (%s): %s".formatted(target.gpu().index(), target.gpu().uuid(), reason);
    }

    private Outcome undone(List<Former> touched, GpuException cause) {
        boolean restored = takeBack(touched);
        String reason = String.valueOf(cause.getMessage());
        if (!restored) {
            return new Outcome.Failed(reason, false);
        }
        return switch (cause.code()) {
            case IN_USE -> new Outcome.Held(reason);
            case RESET_REQUIRED -> new Outcome.NeedsReset(List.of(reason));
            default -> new Outcome.Failed(reason, true);
        };
    }

    private boolean takeBack(List<Former> touched) {
        boolean restored = true;
        for (Former former : touched.reversed()) {
            restored &= cutter.restore(former.gpuUuid(), former.view());
        }
        if (!restored) {
            LOG.log(System.Logger.Level.ERROR, "a change of layout failed half-way and could not be taken back");
        }
        return restored;
    }
}
