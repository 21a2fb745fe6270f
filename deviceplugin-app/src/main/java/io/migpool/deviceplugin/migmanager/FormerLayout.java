package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.CheckpointFormat;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.LayoutSnapshot;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.geometry.Target;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The layout of the GPUs before the change under way, and the way back to it. Recorded before the first step of the
 * change, so that an agent that starts in the middle of it knows it, too. Used by one thread.
 */
final class FormerLayout {

    private static final System.Logger LOG = System.getLogger(FormerLayout.class.getName());

    private final Geometry geometry;
    private final GpuScope gpus;
    private final Reboots reboots;
    private final SpecificationRenewal specification;
    private final ChangeJournal journal;

    FormerLayout(
            Geometry geometry,
            GpuScope gpus,
            Reboots reboots,
            SpecificationRenewal specification,
            ChangeJournal journal) {
        this.geometry = geometry;
        this.gpus = gpus;
        this.reboots = reboots;
        this.specification = specification;
        this.journal = journal;
    }

    /**
     * Records the GPUs that a configuration changes. An existing record is from before an earlier attempt, and takes
     * precedence over what that attempt left.
     *
     * @throws UnreachableException if that fails; nothing may be changed then
     */
    void remember(List<MigSpecEntry> wanted) throws UnreachableException, GpuException {
        UnfinishedChange now = journal.load();
        List<LayoutSnapshot.Gpu> known = new ArrayList<>();
        for (LayoutSnapshot.Gpu gpu : read(now.layoutBefore())) {
            if (geometry.canGoBack(gpu)) {
                known.add(gpu);
            }
        }
        geometry.unlike(wanted).stream()
                .filter(gpu -> known.stream().noneMatch(former -> former.uuid().equals(gpu.uuid())))
                .toList()
                .forEach(known::add);
        journal.save(now.withLayoutBefore(text(known)));
    }

    /** Returns whether a GPU is in the middle of a change that is still to be finished or taken back. */
    boolean isUnfinished(String gpuUuid) {
        return read(journal.load().layoutBefore()).stream()
                .anyMatch(gpu -> gpu.uuid().equals(gpuUuid));
    }

    /**
     * Restores the layout, GPU by GPU; a GPU that is no longer present is left out.
     *
     * @return the outcome as a sentence; empty if there was nothing to go back to
     */
    Optional<String> takeBack() {
        String before = journal.load().layoutBefore();
        if (before.isEmpty()) {
            return Optional.empty();
        }
        List<String> trouble = new ArrayList<>();
        try {
            List<LayoutSnapshot.Gpu> left = withoutThoseThatAreBack(read(before), trouble);
            UnfinishedChange now = journal.load();
            journal.save(
                    left.isEmpty() ? now.withReadinessTakenBack(reboots.bootId()) : now.withLayoutBefore(text(left)));
        } catch (UnreachableException | GpuException e) {
            trouble.add(String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            // Paused clients have to come back all the same.
            trouble.add(RequestedConfiguration.unforeseen(e));
        }
        if (trouble.isEmpty()) {
            return Optional.of("the former layout is restored");
        }
        String why = String.join("; ", trouble);
        LOG.log(Level.WARNING, "the layout from before a change was not restored: {0}", why);
        return Optional.of("the former layout is not restored: " + why);
    }

    private List<LayoutSnapshot.Gpu> withoutThoseThatAreBack(List<LayoutSnapshot.Gpu> before, List<String> trouble)
            throws GpuException {
        Set<String> present = geometry.present();
        List<LayoutSnapshot.Gpu> left = new ArrayList<>();
        for (LayoutSnapshot.Gpu gpu : before) {
            if (!present.contains(gpu.uuid())) {
                LOG.log(
                        Level.WARNING,
                        "{0} is no longer present or not ours; discarding its layout from before a change",
                        gpu.uuid());
                continue;
            }
            Optional<String> obstacle = goBack(gpu);
            if (obstacle.isPresent()) {
                trouble.add(obstacle.get());
                left.add(gpu);
            }
        }
        return left;
    }

    /** Restores one GPU; returns the obstacle as a sentence, or empty if there is none. */
    private Optional<String> goBack(LayoutSnapshot.Gpu gpu) {
        try {
            if (!geometry.canGoBack(gpu) || geometry.isApplied(backTo(gpu))) {
                return Optional.empty();
            }
            return obstacle(gpus.alone(users -> apply(backTo(gpu), users)));
        } catch (UnreachableException | GpuException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private Outcome apply(Target before, List<Occupant> users) throws UnreachableException, GpuException {
        Outcome planned = geometry.check(before, users);
        if (planned instanceof Outcome.Applied) {
            specification.markDue();
            return geometry.apply(before, users);
        }
        return planned;
    }

    private static Target backTo(LayoutSnapshot.Gpu gpu) {
        return new Target.Places(new LayoutSnapshot(List.of(gpu)));
    }

    private static Optional<String> obstacle(Outcome outcome) {
        return outcome instanceof Outcome.Applied ? Optional.empty() : Optional.of(outcome.text());
    }

    /** Restores likewise the GPUs that the configuration now in force does not mention. The others are as it says. */
    void takeBackOthers(List<MigSpecEntry> inForce) throws UnreachableException, GpuException {
        UnfinishedChange now = journal.load();
        if (!now.layoutBefore().isEmpty()) {
            Set<String> asItSays = geometry.meantBy(inForce);
            journal.save(now.withLayoutBefore(text(read(now.layoutBefore()).stream()
                    .filter(gpu -> !asItSays.contains(gpu.uuid()))
                    .toList())));
            takeBack();
        }
    }

    private static String text(List<LayoutSnapshot.Gpu> gpus) {
        return gpus.isEmpty() ? "" : CheckpointFormat.write(new LayoutSnapshot(gpus));
    }

    private static List<LayoutSnapshot.Gpu> read(String text) {
        try {
            return text.isEmpty() ? List.of() : CheckpointFormat.read(text).gpus();
        } catch (MigSpecException e) {
            LOG.log(Level.WARNING, "the layout from before a change is unknown", e);
            return List.of();
        }
    }
}
