package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.geometry.GpuDecision.Change;
import io.migpool.deviceplugin.geometry.GpuDecision.Matches;
import io.migpool.deviceplugin.geometry.GpuDecision.Refused;
import io.migpool.deviceplugin.geometry.GpuDecision.Waits;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigSupport;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Brings the GPUs of a machine into the layout of a configuration. Everything is planned first; nothing is touched
 * unless every GPU can be brought there. If a step fails, every GPU is taken back to the layout it had. Applying a
 * layout twice changes nothing the second time, and applying it again after a crash finishes what was begun.
 *
 * <p>No process is ever ended: a layout that needs an instance in use to go waits for its users.
 *
 * <p>Not thread-safe. No one else may cut these GPUs.
 */
public final class Geometry {

    private static final System.Logger LOG = System.getLogger(Geometry.class.getName());

    private static final String NEEDS_RESET = "MIG mode changes only with a reset of the GPU or a reboot";

    private final GpuDriver driver;
    private final Predicate<GpuDescription> ours;
    private final Predicate<GpuDescription> free;
    private final Cutter cutter;
    private final AllOrNothing allOrNothing;

    /** Covers every GPU of the machine and never resets one. */
    public Geometry(GpuDriver driver) {
        this(driver, _ -> true, _ -> true, () -> false);
    }

    /**
     * @param ours selects the GPUs that configurations are about; the others are ignored
     * @param free selects those of them that may be changed now, asked again before each change; the others are waited
     *     for
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
        this.allOrNothing = new AllOrNothing(driver, cutter);
    }

    /**
     * Returns what {@link #apply} would do first, without doing it.
     *
     * @return {@code Applied} without changes if the machine is at the target; {@code Applied} naming the GPUs that
     *     would be changed; {@code Waiting}, {@code NeedsReset} or {@code Refused} with the reasons
     * @param occupants the pods that hold devices of these GPUs; they keep them
     * @throws GpuException if a GPU cannot be read
     */
    public Outcome check(Target target, List<Occupant> occupants) throws GpuException {
        return decided(target, occupants, UnaryOperator.identity(), this::verdict);
    }

    /**
     * Compares the machine with the target, like {@link #check}, but by MIG devices: for a configuration, a GPU
     * instance that no container can use does not count, just as it is not exported.
     *
     * @throws GpuException if a GPU cannot be read
     */
    public Outcome compare(Target target) throws GpuException {
        return decided(target, List.of(), GpuLayout::withDevicesOnly, this::verdict);
    }

    /** Returns whether the machine is at the target, as {@link #compare} does. */
    public boolean isApplied(Target target) throws GpuException {
        return compare(target) instanceof Outcome.Applied(List<String> toChange) && toChange.isEmpty();
    }

    /**
     * Brings the machine to the target.
     *
     * @param occupants as for {@link #check}
     * @throws GpuException if a GPU cannot be read before anything is done
     */
    public Outcome apply(Target target, List<Occupant> occupants) throws GpuException {
        return decided(target, occupants, UnaryOperator.identity(), this::carriedOut);
    }

    /** Brings the machine to the target as {@link #apply} does, except for GPUs whose MIG mode needs a reset. */
    public Outcome applyWithoutResets(Target target, List<Occupant> occupants) throws GpuException {
        return decided(
                target,
                occupants,
                UnaryOperator.identity(),
                decisions -> carriedOut(decisions.stream()
                        .filter(decision -> !(decision instanceof Change change && change.needsReset()))
                        .toList()));
    }

    private Outcome carriedOut(List<GpuDecision> decisions) throws GpuException {
        Outcome planned = verdict(decisions);
        return planned instanceof Outcome.Applied
                ? allOrNothing.carryOut(decisions, planned, change -> {
                    cutter.act(change);
                    LOG.log(
                            Level.INFO,
                            "GPU {0} is now partitioned into {1}",
                            change.target().gpu().uuid(),
                            change.target().migDevices());
                })
                : planned;
    }

    /**
     * Makes the MIG modes that only a reset changes take effect with the next reboot; {@link #apply} does the rest
     * afterwards.
     *
     * @param occupants as for {@link #check}
     * @return {@code Applied} if a reboot is all it takes now
     * @throws GpuException if a GPU cannot be read before anything is done
     */
    public Outcome prepareReboot(Target target, List<Occupant> occupants) throws GpuException {
        return decided(target, occupants, UnaryOperator.identity(), this::prepared);
    }

    private Outcome prepared(List<GpuDecision> decisions) throws GpuException {
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
                ? allOrNothing.carryOut(pending, new Outcome.Applied(uuids(pending)), cutter::leaveWord)
                : verdict(waiting);
    }

    /**
     * Resets the GPUs whose MIG mode waits for that, as far as the driver can reset them while it is open.
     *
     * @param gpuUuids GPUs that are {@linkplain #prepareReboot prepared} and that nothing uses
     * @return those of them whose mode still waits
     * @throws GpuException if one cannot be read
     */
    public List<String> reset(List<String> gpuUuids) throws GpuException {
        List<String> waiting = new ArrayList<>();
        for (String gpu : gpuUuids) {
            if (cutter.waitsAfterReset(gpu)) {
                waiting.add(gpu);
            }
        }
        return waiting;
    }

    /**
     * Returns the UUIDs of the GPUs that are present, have MIG, and are ours.
     *
     * @throws GpuException if GPUs cannot be listed
     */
    public Set<String> present() throws GpuException {
        return driver.gpus().stream()
                .filter(ours)
                .filter(GpuDescription::migCapable)
                .map(GpuDescription::uuid)
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Returns whether a GPU can go back to what it was without a further reset: false once a reset or reboot has
     * changed its MIG mode, or if it is not present.
     *
     * @throws GpuException if it cannot be read
     */
    public boolean canGoBack(LayoutSnapshot.Gpu before) throws GpuException {
        Optional<GpuDescription> present = driver.gpus().stream()
                .filter(ours)
                .filter(gpu -> gpu.uuid().equals(before.uuid()))
                .findFirst();
        return present.isPresent()
                && (present.get().migSupport() != MigSupport.AFTER_RESET
                        || driver.migMode(before.uuid()).enabled() == before.migEnabled());
    }

    /**
     * Returns which GPUs would need a reset that is not possible here, whoever uses them.
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

    /**
     * Returns the UUIDs of the GPUs that a configuration is about; none if it cannot apply here.
     *
     * @throws GpuException if a GPU cannot be read
     */
    public Set<String> meantBy(List<MigSpecEntry> config) throws GpuException {
        try {
            return targets(new Target.Layout(config)).stream()
                    .map(target -> target.gpu().uuid())
                    .collect(Collectors.toUnmodifiableSet());
        } catch (MigSpecException e) {
            return Set.of();
        }
    }

    /**
     * Returns the GPUs that differ from a configuration, as they are now.
     *
     * @throws GpuException if a GPU cannot be read
     */
    public List<LayoutSnapshot.Gpu> unlike(List<MigSpecEntry> config) throws GpuException {
        List<LayoutSnapshot.Gpu> gpus = new ArrayList<>();
        try {
            for (GpuDecision decision : decide(new Target.Layout(config), List.of(), UnaryOperator.identity())) {
                if (!(decision instanceof Matches)) {
                    gpus.add(formerOf(decision.target()));
                }
            }
        } catch (MigSpecException e) {
            return List.of();
        }
        return gpus;
    }

    private LayoutSnapshot.Gpu formerOf(GpuTarget target) throws GpuException {
        GpuLayout present = GpuLayout.read(driver, target.gpu().uuid(), List.of());
        return new LayoutSnapshot.Gpu(target.gpu().uuid(), present.mode().enabled(), present.laidInstances());
    }

    /**
     * Returns the GPUs whose MIG mode differs from the target's, as they are now, as a target to go back to.
     *
     * @throws GpuException if a GPU cannot be read
     * @throws MigSpecException if the target is about GPUs that are not present
     */
    public Target formerOf(Target target) throws GpuException, MigSpecException {
        List<LayoutSnapshot.Gpu> gpus = new ArrayList<>();
        for (GpuTarget differing : targets(target.modesOnly())) {
            gpus.add(formerOf(differing));
        }
        return new Target.Places(new LayoutSnapshot(gpus));
    }

    private static List<String> uuids(List<GpuDecision> decisions) {
        return decisions.stream()
                .map(decision -> decision.target().gpu().uuid())
                .toList();
    }

    /** Acts on decisions. */
    @FunctionalInterface
    private interface Course {
        Outcome of(List<GpuDecision> decisions) throws GpuException;
    }

    private Outcome decided(Target target, List<Occupant> occupants, UnaryOperator<GpuLayout> seen, Course course)
            throws GpuException {
        List<GpuDecision> decisions;
        try {
            decisions = decide(target, occupants, seen);
        } catch (MigSpecException e) {
            return new Outcome.Refused(List.of(String.valueOf(e.getMessage())));
        }
        return course.of(decisions);
    }

    /** @param seen what counts of a GPU whose instances may be anywhere */
    private List<GpuDecision> decide(Target target, List<Occupant> occupants, UnaryOperator<GpuLayout> seen)
            throws GpuException, MigSpecException {
        List<GpuDecision> decisions = new ArrayList<>();
        for (GpuTarget each : targets(target)) {
            GpuLayout present = GpuLayout.read(driver, each.gpu().uuid(), occupants);
            GpuDecision decision = GpuDecision.of(each, each.places().isPresent() ? present : seen.apply(present));
            if (decision instanceof Change && !free.test(each.gpu())) {
                decisions.add(new Waits(each, "another user has not released it yet"));
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
            case Target.Places(LayoutSnapshot snapshot) -> GpuTarget.of(snapshot, gpus);
            case Target.FormerModes(LayoutSnapshot snapshot) -> otherModes(GpuTarget.of(snapshot, gpus));
        };
    }

    private List<GpuTarget> otherModes(List<GpuTarget> targets) throws GpuException {
        List<GpuTarget> others = new ArrayList<>();
        for (GpuTarget target : targets) {
            String gpu = target.gpu().uuid();
            MigMode mode = driver.migMode(gpu);
            if (mode.enabled() != target.migEnabled()) {
                others.add(target.modeWith(Optional.empty()));
            } else if (mode.pending() != target.migEnabled()) {
                List<LaidInstance> present =
                        driver.instances(gpu).stream().map(LaidInstance::of).toList();
                others.add(target.modeWith(Optional.of(present)));
            }
        }
        return others;
    }

    /** Checked before anything is cleared, because not every adapter can switch MIG mode off. */
    private boolean mustBeSwitchedOffByHand(GpuDecision decision) {
        return decision instanceof Change change
                && (change.mode() == GpuDecision.ModeChange.SWITCH_OFF
                        || change.mode() == GpuDecision.ModeChange.STAY_OFF)
                && driver.modeSwitch().isEmpty();
    }

    private static GpuDecision byHand(GpuTarget target) {
        return new Waits(
                target,
                "this driver adapter cannot switch MIG mode off; run nvidia-smi -mig 0 -i "
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
                case Refused(GpuTarget target, String reason) -> refused.add(target.origin() + about(target, reason));
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
}
