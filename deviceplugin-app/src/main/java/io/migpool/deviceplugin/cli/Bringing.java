package io.migpool.deviceplugin.cli;

import io.migpool.deviceplugin.cli.HooksFile.Point;
import io.migpool.deviceplugin.geometry.Aim;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.util.List;

/**
 * The way of {@code apply} and {@code restore}: hooks at its points, and between them what the GPUs need.
 *
 * @param host whose GPUs
 * @param hooks run on the way
 * @param skipReset whether no GPU is reset, and a new MIG mode is left pending
 */
record Bringing(Host host, Hooks hooks, boolean skipReset) {

    /**
     * Goes it. However it ends, the hooks of the end are run.
     *
     * @throws CommandException if the GPUs are not so in the end, or a hook fails
     */
    void to(Aim aim) throws CommandException, GpuException, IOException, InterruptedException {
        hooks.run(Point.APPLY_START);
        boolean arrived = false;
        try (GpuDriver driver = host.openDriver()) {
            bring(driver, aim);
            arrived = true;
        } finally {
            if (!arrived) {
                endAfterFailure();
            }
        }
        hooks.run(Point.APPLY_EXIT);
    }

    /** What went wrong before is the news. */
    private void endAfterFailure() throws InterruptedException {
        try {
            hooks.run(Point.APPLY_EXIT);
        } catch (CommandException e) {
            hooks.trace().say(String.valueOf(e.getMessage()));
        }
    }

    private void bring(GpuDriver driver, Aim aim)
            throws CommandException, GpuException, IOException, InterruptedException {
        Geometry geometry = new Geometry(driver, _ -> true, () -> !skipReset);
        Aim modes = aim.modesOnly();
        boolean modesDiffer = !geometry.isApplied(modes);
        hooks.trace().say("MIG modes are " + (modesDiffer ? "others" : "as wanted"));
        if (modesDiffer) {
            hooks.run(Point.PRE_APPLY_MODE);
        }
        if (!aim.equals(modes)) {
            boolean layoutsDiffer = !geometry.isApplied(aim);
            hooks.trace().say("layouts are " + (layoutsDiffer ? "others" : "as wanted"));
            if (layoutsDiffer) {
                hooks.run(Point.PRE_APPLY_CONFIG);
            }
        }
        List<Occupant> occupants =
                host.occupants(driver.gpus().stream().map(GpuDescription::uuid).toList());
        Outcome outcome = geometry.apply(aim, occupants);
        if (skipReset && outcome instanceof Outcome.NeedsReset) {
            requireDone(geometry.prepareReboot(aim, occupants));
            if (aim.equals(modes)) {
                return;
            }
        }
        requireDone(outcome);
    }

    private void requireDone(Outcome outcome) throws CommandException {
        switch (outcome) {
            case Outcome.Applied(List<String> changed) ->
                hooks.trace().say(changed.isEmpty() ? "nothing to change" : "changed " + String.join(", ", changed));
            case Outcome.Waiting(List<String> reasons, List<Occupant> _) ->
                throw new CommandException("nothing is changed, it is in use: " + String.join("; ", reasons));
            case Outcome.NeedsReset(List<String> reasons) -> throw new CommandException(String.join("; ", reasons));
            case Outcome.Refused(List<String> reasons) ->
                throw new CommandException("nothing is changed: " + String.join("; ", reasons));
            case Outcome.Failed(String reason, boolean restored) ->
                throw new CommandException(reason
                        + (restored
                                ? "; the former layout is back"
                                : "; the former layout could not be brought back, see export"));
        }
    }
}
