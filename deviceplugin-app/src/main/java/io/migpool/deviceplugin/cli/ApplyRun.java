package io.migpool.deviceplugin.cli;

import io.migpool.deviceplugin.cli.HooksFile.Point;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.geometry.Target;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.util.List;

/**
 * Runs {@code apply} or {@code restore}: changes MIG modes, then layouts, with mig-parted's hooks around the two steps.
 * GPUs whose mode needs a reset are reset in between, all of them at once.
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
        try (DriverSession gpus = new DriverSession(host, !skipReset)) {
            bring(gpus, target);
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
    private void bring(DriverSession gpus, Target target)
            throws CommandException, GpuException, MigSpecException, IOException, InterruptedException {
        if (gpus.geometry().check(target, List.of()) instanceof Outcome.Refused refused) {
            requireDone(refused);
        }
        Target modes = target.modesOnly();
        boolean modesDiffer = !gpus.geometry().isApplied(modes);
        hooks.trace().say("MIG modes are " + (modesDiffer ? "different" : "as requested"));
        if (!modesDiffer) {
            bringLayouts(gpus, target);
            return;
        }
        hooks.run(Point.PRE_APPLY_MODE);
        if (skipReset && isLeftPending(gpus, target)) {
            return;
        }
        requirePossible(gpus.geometry().check(modes, gpus.occupants()));
        Target former = gpus.geometry().formerOf(modes);
        try {
            bringModes(gpus, modes);
            bringLayouts(gpus, target);
        } catch (CommandException | GpuException | IOException e) {
            throw new CommandException(e.getMessage() + "; " + backAt(gpus, former), e);
        }
    }

    /**
     * Leaves MIG modes pending that need a reset, and changes the others, which is enough if nothing else is wanted.
     *
     * @return false if none needs one
     * @throws CommandException if layouts are wanted, too; the modes are pending all the same
     */
    private boolean isLeftPending(DriverSession gpus, Target target)
            throws CommandException, GpuException, IOException, InterruptedException {
        Target modes = target.modesOnly();
        List<Occupant> occupants = gpus.occupants();
        Outcome planned = gpus.geometry().check(modes, occupants);
        if (!(planned instanceof Outcome.NeedsReset)) {
            return false;
        }
        requireDone(gpus.geometry().prepareReboot(modes, occupants));
        requireDone(gpus.geometry().applyWithoutResets(modes, occupants));
        if (!target.equals(modes)) {
            throw new CommandException(planned.text());
        }
        return true;
    }

    private void requirePossible(Outcome planned) throws CommandException {
        switch (planned) {
            case Outcome.Applied _ -> {}
            case Outcome.NeedsReset _ ->
                throw new CommandException(
                        "nothing was changed: %s; from here it cannot be reset, which only the host can do for a virtual machine"
                                .formatted(planned.text()));
            case Outcome impossible -> requireDone(impossible);
        }
    }

    /**
     * Changes MIG modes. Those that need a reset are all pending before the GPUs are reset, so that one reset is
     * enough; the others follow.
     */
    private void bringModes(DriverSession gpus, Target modes)
            throws CommandException, GpuException, IOException, InterruptedException {
        Outcome prepared = gpus.geometry().prepareReboot(modes, gpus.occupants());
        requireDone(prepared);
        if (prepared instanceof Outcome.Applied(List<String> waiting) && !waiting.isEmpty()) {
            reset(gpus, modes, waiting);
        }
        requireDone(gpus.geometry().apply(modes, gpus.occupants()));
    }

    private void reset(DriverSession gpus, Target modes, List<String> prepared)
            throws CommandException, GpuException, IOException, InterruptedException {
        // A pod may have been given one of them since.
        if (gpus.geometry().check(modes, gpus.occupants()) instanceof Outcome.Waiting users) {
            throw new CommandException("no GPU was reset, because they are in use: " + users.text());
        }
        List<String> waiting = gpus.geometry().reset(prepared);
        if (!waiting.isEmpty()) {
            hooks.trace().say("resetting " + String.join(", ", waiting));
            gpus.reset(waiting);
        }
    }

    private void bringLayouts(DriverSession gpus, Target target)
            throws CommandException, GpuException, IOException, InterruptedException {
        if (target.equals(target.modesOnly())) {
            return;
        }
        boolean layoutsDiffer = !gpus.geometry().isApplied(target);
        hooks.trace().say("layouts are " + (layoutsDiffer ? "different" : "as requested"));
        if (layoutsDiffer) {
            hooks.run(Point.PRE_APPLY_CONFIG);
            requireDone(gpus.geometry().apply(target, gpus.occupants()));
        }
    }

    /** Restores the former MIG modes, by the same steps; returns a sentence on whether that worked. */
    private String backAt(DriverSession gpus, Target former) throws InterruptedException {
        try {
            bringModes(gpus, former);
            return "the former MIG modes are restored";
        } catch (CommandException | GpuException | IOException e) {
            return "the former MIG modes could not be restored, see export: " + e.getMessage();
        }
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
