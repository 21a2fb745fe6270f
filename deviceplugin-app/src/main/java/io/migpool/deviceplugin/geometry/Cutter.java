package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.geometry.GpuDecision.Change;
import io.migpool.deviceplugin.geometry.GpuDecision.ModeChange;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigModeSwitch;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Carries out a decision on one GPU. There is one way to change a layout, forwards and backwards: read it, remove what
 * does not belong, add what is missing.
 */
final class Cutter {

    private static final System.Logger LOG = System.getLogger(Cutter.class.getName());
    private static final int RESTORE_ATTEMPTS = 3;

    private final GpuDriver driver;
    private final BooleanSupplier mayReset;

    /** @param mayReset whether an unused GPU may be reset if a change of its MIG mode requires that */
    Cutter(GpuDriver driver, BooleanSupplier mayReset) {
        this.driver = driver;
        this.mayReset = mayReset;
    }

    /** Returns whether it makes sense to try a change that needs a reset of this GPU. */
    boolean canReset(String gpu) throws GpuException {
        Optional<MigModeSwitch> modes = driver.modeSwitch();
        return mayReset.getAsBoolean() && modes.isPresent() && modes.get().canReset(gpu);
    }

    /**
     * Brings a GPU to its target.
     *
     * @throws GpuException at the first step that fails
     * @throws MigSpecException if, with MIG mode on, the board turns out not to offer the layout
     */
    void act(Change change) throws GpuException, MigSpecException {
        String gpu = change.target().gpu().uuid();
        switch (change.mode()) {
            case NONE -> bring(gpu, change.layout());
            case SWITCH_ON -> {
                switchOn(gpu);
                bring(gpu, layoutNow(change.target()));
            }
            case STAY_ON -> {
                driver.enableMig(gpu);
                bring(gpu, change.layout());
            }
            case SWITCH_OFF -> {
                bring(gpu, List.of());
                switchOff(gpu);
            }
            case STAY_OFF -> modes(gpu).disableMig(gpu);
        }
    }

    /**
     * Sets the MIG mode that a GPU is to have after a reset.
     *
     * @throws GpuException at the first step that fails
     */
    void leaveWord(Change change) throws GpuException {
        String gpu = change.target().gpu().uuid();
        switch (change.mode()) {
            case NONE -> {}
            case SWITCH_ON, STAY_ON -> driver.enableMig(gpu);
            case SWITCH_OFF -> {
                bring(gpu, List.of());
                modes(gpu).disableMig(gpu);
            }
            case STAY_OFF -> modes(gpu).disableMig(gpu);
        }
    }

    /** Computes the layout again, because with MIG mode on the board may offer more than before. */
    private List<LaidInstance> layoutNow(GpuTarget target) throws GpuException, MigSpecException {
        String uuid = target.gpu().uuid();
        GpuDescription described = driver.gpus().stream()
                .filter(gpu -> gpu.uuid().equals(uuid))
                .findFirst()
                .orElse(target.gpu());
        GpuLayout present = GpuLayout.read(driver, uuid, List.of());
        return switch (GpuDecision.of(target.of(described), present)) {
            case Change(GpuTarget _, ModeChange _, List<LaidInstance> layout) -> layout;
            case GpuDecision.Matches _ -> present.laidInstances();
            case GpuDecision.Waits waits ->
                throw new GpuException(GpuErrorCode.IN_USE, "enableMig", uuid, waits.reason());
            case GpuDecision.Refused(GpuTarget _, String reason) -> throw new MigSpecException(uuid + ": " + reason);
        };
    }

    private void switchOn(String gpu) throws GpuException {
        MigMode mode = driver.enableMig(gpu);
        if (!mode.enabled() && !afterReset(gpu).enabled()) {
            throw stillPending("enableMig", gpu, "on");
        }
    }

    private void switchOff(String gpu) throws GpuException {
        MigMode mode = modes(gpu).disableMig(gpu);
        if (mode.enabled() && afterReset(gpu).enabled()) {
            throw stillPending("disableMig", gpu, "off");
        }
    }

    private MigModeSwitch modes(String gpu) throws GpuException {
        return driver.modeSwitch()
                .orElseThrow(() -> new GpuException(
                        GpuErrorCode.NOT_SUPPORTED,
                        "disableMig",
                        gpu,
                        "this driver adapter cannot switch MIG mode off"));
    }

    private MigMode afterReset(String gpu) throws GpuException {
        if (!canReset(gpu)) {
            return driver.migMode(gpu);
        }
        try {
            return modes(gpu).reset(gpu);
        } catch (GpuException e) {
            throw new GpuException(
                    GpuErrorCode.RESET_REQUIRED, "reset", gpu, "it cannot be reset: " + e.getMessage(), e);
        }
    }

    /**
     * Resets a GPU if its MIG mode waits for that, and the driver can do it while it is open.
     *
     * @return whether the mode still waits
     */
    boolean waitsAfterReset(String gpu) throws GpuException {
        if (!driver.migMode(gpu).resetRequired()) {
            return false;
        }
        try {
            return afterReset(gpu).resetRequired();
        } catch (GpuException e) {
            LOG.log(Level.DEBUG, "the driver does not reset a GPU while it is open", e);
            return true;
        }
    }

    private static GpuException stillPending(String call, String gpu, String mode) {
        return new GpuException(
                GpuErrorCode.RESET_REQUIRED, call, gpu, "MIG mode will be " + mode + " only after a reset of the GPU");
    }

    /**
     * Rolls a GPU back. Reads again whatever the previous steps left behind.
     *
     * @return whether it is in its previous state
     */
    boolean restore(String gpu, GpuLayout former) {
        for (int attempt = 1; attempt <= RESTORE_ATTEMPTS; attempt++) {
            try {
                if (former.mode().enabled()) {
                    switchOn(gpu);
                    bring(gpu, former.laidInstances());
                } else if (!settledMode(gpu).equals(MigMode.OFF)) {
                    bring(gpu, List.of());
                    // A pending mode that only a reset completes is kept, because the change waits for that reset.
                    if (driver.migMode(gpu).enabled()) {
                        switchOff(gpu);
                    }
                }
                return isSame(driver.instances(gpu), former);
            } catch (GpuException e) {
                LOG.log(
                        Level.WARNING,
                        "restoring the former layout of {0} failed, attempt {1} of {2}: {3}",
                        gpu,
                        attempt,
                        RESTORE_ATTEMPTS,
                        e.getMessage());
            }
        }
        return false;
    }

    /**
     * Returns the mode after any abandoned switch has ended. Reading would not wait for such a switch, but another
     * change does.
     */
    private MigMode settledMode(String gpu) throws GpuException {
        MigMode seen = driver.migMode(gpu);
        Optional<MigModeSwitch> modes = driver.modeSwitch();
        return seen.equals(MigMode.OFF) && modes.isPresent() ? modes.get().disableMig(gpu) : seen;
    }

    private static boolean isSame(List<GpuInstance> present, GpuLayout former) {
        return present.size() == former.instances().size()
                && former.laidInstances().stream()
                        .allMatch(laid -> present.stream().anyMatch(laid::isMetBy));
    }

    private void bring(String gpu, List<LaidInstance> layout) throws GpuException {
        List<GpuInstance> present = driver.instances(gpu);
        for (GpuInstance instance : present) {
            if (layout.stream().noneMatch(laid -> laid.isAt(instance))) {
                clear(instance);
                driver.destroyGpuInstance(instance);
            }
        }
        for (LaidInstance laid : layout) {
            Optional<GpuInstance> there = present.stream().filter(laid::isAt).findFirst();
            if (there.isEmpty()) {
                complete(laid, driver.createGpuInstance(gpu, laid.profile(), laid.placement()));
            } else if (!laid.isMetBy(there.get())) {
                clear(there.get());
                complete(laid, there.get());
            }
        }
    }

    private void clear(GpuInstance instance) throws GpuException {
        for (ComputeInstance compute : instance.computeInstances()) {
            driver.destroyComputeInstance(instance, compute);
        }
    }

    private void complete(LaidInstance laid, GpuInstance instance) throws GpuException {
        for (int slices : laid.computeSlices()) {
            driver.createComputeInstance(instance, slices);
        }
    }
}
