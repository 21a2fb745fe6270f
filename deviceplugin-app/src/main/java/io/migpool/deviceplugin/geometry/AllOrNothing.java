package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.geometry.GpuDecision.Change;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/** Changes GPUs one by one; if a step fails, all of them are rolled back. */
final class AllOrNothing {

    private static final System.Logger LOG = System.getLogger(AllOrNothing.class.getName());

    private final GpuDriver driver;
    private final Cutter cutter;

    AllOrNothing(GpuDriver driver, Cutter cutter) {
        this.driver = driver;
        this.cutter = cutter;
    }

    /** The previous state of a GPU, to roll back to. */
    private record Former(String gpuUuid, GpuLayout layout) {}

    /** A change of one GPU. */
    @FunctionalInterface
    interface Act {
        void on(Change change) throws GpuException, MigSpecException;
    }

    /**
     * Applies the change to each GPU that is to be changed.
     *
     * @param done the outcome if all succeed
     */
    Outcome carryOut(List<GpuDecision> decisions, Outcome done, Act act) {
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
            restored &= cutter.restore(former.gpuUuid(), former.layout());
        }
        if (!restored) {
            LOG.log(Level.ERROR, "a change of layout failed half-way and could not be rolled back");
        }
        return restored;
    }
}
