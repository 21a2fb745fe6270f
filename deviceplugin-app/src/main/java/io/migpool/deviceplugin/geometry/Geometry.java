package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.geometry.GpuDecision.Change;
import io.migpool.deviceplugin.geometry.GpuDecision.Matches;
import io.migpool.deviceplugin.geometry.GpuDecision.Refused;
import io.migpool.deviceplugin.geometry.GpuDecision.Waits;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings the GPUs of a machine into the layout of a configuration. All of it is planned first, on paper; nothing is touched
 * unless every GPU can be brought there. A step that fails has every GPU taken back to the layout it had. Doing it twice does
 * nothing the second time, and doing it again after a crash finishes what was begun.
 *
 * <p>No process is ever ended: a layout that needs an instance in use to go waits for its users.
 *
 * <p>Not safe for use by several threads at once. The driver must show only GPUs that nobody else cuts.
 */
public final class Geometry {

    private static final System.Logger LOG = System.getLogger(Geometry.class.getName());

    private final GpuDriver driver;
    private final Cutter cutter;

    public Geometry(GpuDriver driver) {
        this.driver = driver;
        this.cutter = new Cutter(driver);
    }

    /** A GPU as it was, to go back to. */
    private record Former(String gpuUuid, GpuView view) {}

    /**
     * What {@link #apply} would do first, without doing it.
     *
     * @return {@code Applied} without changes if the machine is so; {@code Applied} naming the GPUs that would be changed;
     *     {@code Waiting} or {@code Refused} with the reasons
     * @throws GpuException if a GPU cannot be read
     */
    public Outcome check(List<MigSpecEntry> config) throws GpuException {
        try {
            return verdict(decide(config));
        } catch (MigSpecException e) {
            return new Outcome.Refused(List.of(String.valueOf(e.getMessage())));
        }
    }

    /** Whether the machine is as the configuration says. */
    public boolean isApplied(List<MigSpecEntry> config) throws GpuException {
        return check(config) instanceof Outcome.Applied(List<String> toChange) && toChange.isEmpty();
    }

    /**
     * Makes it so.
     *
     * @throws GpuException if a GPU cannot be read before anything is done
     */
    public Outcome apply(List<MigSpecEntry> config) throws GpuException {
        List<GpuDecision> decisions;
        try {
            decisions = decide(config);
        } catch (MigSpecException e) {
            return new Outcome.Refused(List.of(String.valueOf(e.getMessage())));
        }
        Outcome planned = verdict(decisions);
        if (!(planned instanceof Outcome.Applied)) {
            return planned;
        }
        List<Former> touched = new ArrayList<>();
        try {
            for (GpuDecision decision : decisions) {
                if (decision instanceof Change change) {
                    String gpu = change.target().gpu().uuid();
                    touched.addLast(new Former(gpu, GpuView.read(driver, gpu)));
                    cutter.act(change);
                    LOG.log(
                            System.Logger.Level.INFO,
                            "GPU {0} is now cut into {1}",
                            gpu,
                            change.target().migDevices());
                }
            }
            return planned;
        } catch (GpuException e) {
            return undone(touched, e);
        } catch (MigSpecException e) {
            boolean restored = takeBack(touched);
            return restored
                    ? new Outcome.Refused(List.of(String.valueOf(e.getMessage())))
                    : new Outcome.Failed(String.valueOf(e.getMessage()), false);
        }
    }

    private List<GpuDecision> decide(List<MigSpecEntry> config) throws GpuException, MigSpecException {
        List<GpuDecision> decisions = new ArrayList<>();
        for (GpuTarget target : GpuTarget.of(config, driver.gpus())) {
            GpuDecision decision =
                    GpuDecision.of(target, GpuView.read(driver, target.gpu().uuid()));
            decisions.add(mustBeSwitchedOffByHand(decision) ? byHand(target) : decision);
        }
        return decisions;
    }

    /** Known before anything is cleared: not every adapter can switch MIG mode off. */
    private boolean mustBeSwitchedOffByHand(GpuDecision decision) {
        return decision instanceof Change change
                && change.mode() == GpuDecision.ModeChange.SWITCH_OFF
                && driver.modeSwitch().isEmpty();
    }

    private static GpuDecision byHand(GpuTarget target) {
        return new Waits(
                target,
                "MIG mode has to be switched off by hand, this driver adapter does not; run nvidia-smi -mig 0 -i "
                        + target.gpu().uuid());
    }

    private static Outcome verdict(List<GpuDecision> decisions) {
        List<String> refused = new ArrayList<>();
        List<String> waits = new ArrayList<>();
        List<String> changes = new ArrayList<>();
        for (GpuDecision decision : decisions) {
            switch (decision) {
                case Matches _ -> {}
                case Change change -> changes.add(change.target().gpu().uuid());
                case Waits(GpuTarget target, String reason) -> waits.add(about(target, reason));
                case Refused(GpuTarget target, String reason) -> refused.add(about(target, reason));
            }
        }
        if (!refused.isEmpty()) {
            return new Outcome.Refused(refused);
        }
        return waits.isEmpty() ? new Outcome.Applied(changes) : new Outcome.Waiting(waits);
    }

    private static String about(GpuTarget target, String reason) {
        return "GPU %d (%s): %s".formatted(target.gpu().index(), target.gpu().uuid(), reason);
    }

    private Outcome undone(List<Former> touched, GpuException cause) {
        boolean restored = takeBack(touched);
        String reason = String.valueOf(cause.getMessage());
        boolean passes = cause.code() == GpuErrorCode.IN_USE || cause.code() == GpuErrorCode.RESET_REQUIRED;
        return restored && passes ? new Outcome.Waiting(List.of(reason)) : new Outcome.Failed(reason, restored);
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
