package io.migpool.deviceplugin.cli;

import io.migpool.deviceplugin.cli.HooksFile.Point;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.geometry.Target;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.util.List;

/**
 * Runs {@code apply} or {@code restore}: changes MIG modes, then layouts, with mig-parted's hooks around the two steps.
 *
 * @param host the machine whose GPUs are changed
 * @param hooks the hooks to run
 * @param skipReset whether no GPU is reset, so that a new MIG mode stays pending
 */
record ApplyRun(Host host, Hooks hooks, boolean skipReset) {

    /**
     * Brings the GPUs to the target. Once the hooks of {@code apply-start} have succeeded, those of {@code apply-exit}
     * run on success and on failure.
     *
     * @throws CommandException if the target is not reached or a hook fails. What was changed before is undone if
     *     possible, but a failing {@code apply-exit} hook undoes nothing
     */
    void to(Target target) throws CommandException, GpuException, MigSpecException, IOException, InterruptedException {
        hooks.run(Point.APPLY_START);
        boolean arrived = false;
        try (GpuDriver driver = host.openDriver()) {
            bring(driver, target);
            arrived = true;
        } finally {
            if (!arrived) {
                endAfterFailure();
            }
        }
        hooks.run(Point.APPLY_EXIT);
    }

    /** Runs the last hooks. Their failure is only traced, because the earlier one is what the user has to know. */
    private void endAfterFailure() throws InterruptedException {
        try {
            hooks.run(Point.APPLY_EXIT);
        } catch (CommandException e) {
            hooks.trace().say(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Refuses an impossible target before anything else. MIG modes come before layouts, as in mig-parted, because the
     * hooks of {@code pre-apply-config} may need the modes.
     */
    private void bring(GpuDriver driver, Target target)
            throws CommandException, GpuException, MigSpecException, IOException, InterruptedException {
        Geometry geometry = new Geometry(driver, _ -> true, _ -> true, () -> !skipReset);
        if (geometry.check(target, List.of()) instanceof Outcome.Refused refused) {
            requireDone(refused);
        }
        Target modes = target.modesOnly();
        boolean modesDiffer = !geometry.isApplied(modes);
        hooks.trace().say("MIG modes are " + (modesDiffer ? "different" : "as requested"));
        if (!modesDiffer) {
            bringLayouts(driver, geometry, target);
            return;
        }
        hooks.run(Point.PRE_APPLY_MODE);
        Target former = geometry.formerOf(modes);
        if (bringModes(driver, geometry, target, former)) {
            try {
                bringLayouts(driver, geometry, target);
            } catch (CommandException | GpuException | IOException e) {
                throw new CommandException(e.getMessage() + "; " + backAt(driver, geometry, former), e);
            }
        }
    }

    /** Changes MIG modes. Returns false if they are only pending, which is enough if nothing else is wanted. */
    private boolean bringModes(GpuDriver driver, Geometry geometry, Target target, Target former)
            throws CommandException, GpuException, IOException, InterruptedException {
        Target modes = target.modesOnly();
        List<Occupant> occupants = occupants(driver);
        Outcome outcome = geometry.apply(modes, occupants);
        if (outcome instanceof Outcome.NeedsReset) {
            if (!skipReset) {
                // A mode left pending would change at the next reboot.
                throw new CommandException(outcome.text() + "; " + backAt(driver, geometry, former));
            }
            requireDone(geometry.prepareReboot(modes, occupants));
            if (target.equals(modes)) {
                return false;
            }
        }
        requireDone(outcome);
        return true;
    }

    private void bringLayouts(GpuDriver driver, Geometry geometry, Target target)
            throws CommandException, GpuException, IOException, InterruptedException {
        if (target.equals(target.modesOnly())) {
            return;
        }
        boolean layoutsDiffer = !geometry.isApplied(target);
        hooks.trace().say("layouts are " + (layoutsDiffer ? "different" : "as requested"));
        if (layoutsDiffer) {
            hooks.run(Point.PRE_APPLY_CONFIG);
            requireDone(geometry.apply(target, occupants(driver)));
        }
    }

    /** Restores the former MIG modes; returns a sentence on whether that worked. */
    private String backAt(GpuDriver driver, Geometry geometry, Target former) throws InterruptedException {
        try {
            requireDone(geometry.apply(former, occupants(driver)));
            return "the former MIG modes are restored";
        } catch (CommandException | GpuException | IOException e) {
            return "the former MIG modes could not be restored, see export: " + e.getMessage();
        }
    }

    private List<Occupant> occupants(GpuDriver driver) throws GpuException, IOException, InterruptedException {
        return host.occupants(driver.gpus().stream().map(GpuDescription::uuid).toList());
    }

    private void requireDone(Outcome outcome) throws CommandException {
        switch (outcome) {
            case Outcome.Applied(List<String> changed) ->
                hooks.trace().say(changed.isEmpty() ? "nothing to change" : "changed " + String.join(", ", changed));
            case Outcome.Waiting _ ->
                throw new CommandException("nothing was changed, GPUs are in use: " + outcome.text());
            case Outcome.Held(String reason) -> throw new CommandException(reason + "; the former layout is restored");
            case Outcome.NeedsReset _ -> throw new CommandException(outcome.text());
            case Outcome.Refused _ -> throw new CommandException("nothing was changed: " + outcome.text());
            case Outcome.Failed(String reason, boolean restored) ->
                throw new CommandException(reason
                        + (restored
                                ? "; the former layout is restored"
                                : "; the former layout could not be restored, see export"));
        }
    }
}
