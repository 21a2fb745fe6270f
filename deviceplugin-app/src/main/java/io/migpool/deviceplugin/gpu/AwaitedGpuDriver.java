package io.migpool.deviceplugin.gpu;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A driver that may come later, as happens while a node boots. Until it can be opened and finds a GPU there are none:
 * lists are empty, and calls that name a GPU fail with {@link GpuErrorCode#NOT_FOUND}. {@link #lookForMore} opens it
 * again and again until then.
 */
public final class AwaitedGpuDriver implements GpuDriver {

    private static final System.Logger LOG = System.getLogger(AwaitedGpuDriver.class.getName());
    private static final String ALL_GPUS = "all GPUs";

    private final Opening opening;
    private volatile Optional<GpuDriver> present = Optional.empty();
    private volatile boolean closed;

    /** Opens the driver. */
    @FunctionalInterface
    public interface Opening {
        GpuDriver open() throws GpuException;
    }

    /** Creates it without opening the driver. */
    public AwaitedGpuDriver(Opening opening) {
        this.opening = opening;
    }

    private interface Query<T> {
        T of(GpuDriver driver) throws GpuException;
    }

    private <T> T either(Query<T> query, T none) throws GpuException {
        Optional<GpuDriver> driver = present;
        return driver.isPresent() ? query.of(driver.get()) : none;
    }

    private GpuDriver driver(String call, String gpuUuid, GpuErrorCode without) throws GpuException {
        return present.orElseThrow(
                () -> new GpuException(without, call, gpuUuid, "this machine has no GPU driver yet"));
    }

    private GpuDriver owner(String call, String gpuUuid) throws GpuException {
        return driver(call, gpuUuid, GpuErrorCode.NOT_FOUND);
    }

    @Override
    public void lookForMore() throws GpuException {
        Optional<GpuDriver> before = present;
        if (before.isPresent() && hasAny(before.get())) {
            before.get().lookForMore();
            return;
        }
        if (closed) {
            throw new GpuException(GpuErrorCode.INVALID_ARGUMENT, "open", ALL_GPUS, "the driver is closed");
        }
        GpuDriver opened = opening.open();
        if (before.isPresent() && !hasAny(opened)) {
            opened.close();
            return;
        }
        present = Optional.of(opened);
        before.ifPresent(GpuDriver::close);
        if (closed) {
            opened.close();
        }
        LOG.log(Level.INFO, "the driver lists {0} GPUs", opened.gpus().size());
    }

    private static boolean hasAny(GpuDriver driver) throws GpuException {
        return !driver.gpus().isEmpty() || !driver.unlisted().isEmpty();
    }

    @Override
    public List<GpuDescription> gpus() throws GpuException {
        return either(GpuDriver::gpus, List.of());
    }

    @Override
    public List<UnlistedGpu> unlisted() {
        return present.map(GpuDriver::unlisted).orElse(List.of());
    }

    @Override
    public MigMode migMode(String gpuUuid) throws GpuException {
        return owner("migMode", gpuUuid).migMode(gpuUuid);
    }

    @Override
    public MigMode enableMig(String gpuUuid) throws GpuException {
        return owner("enableMig", gpuUuid).enableMig(gpuUuid);
    }

    @Override
    public List<GpuInstance> instances(String gpuUuid) throws GpuException {
        return owner("instances", gpuUuid).instances(gpuUuid);
    }

    @Override
    public GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement) throws GpuException {
        return owner("createGpuInstance", gpuUuid).createGpuInstance(gpuUuid, profile, placement);
    }

    @Override
    public ComputeInstance createComputeInstance(GpuInstance instance, int computeSlices) throws GpuException {
        return owner("createComputeInstance", instance.gpuUuid()).createComputeInstance(instance, computeSlices);
    }

    @Override
    public void destroyComputeInstance(GpuInstance instance, ComputeInstance computeInstance) throws GpuException {
        owner("destroyComputeInstance", instance.gpuUuid()).destroyComputeInstance(instance, computeInstance);
    }

    @Override
    public void destroyGpuInstance(GpuInstance instance) throws GpuException {
        owner("destroyGpuInstance", instance.gpuUuid()).destroyGpuInstance(instance);
    }

    @Override
    public List<GpuProcess> processes(String gpuUuid) throws GpuException {
        return owner("processes", gpuUuid).processes(gpuUuid);
    }

    @Override
    public GpuUsage usage(String gpuUuid) throws GpuException {
        return owner("usage", gpuUuid).usage(gpuUuid);
    }

    @Override
    public Map<MigProfile, GpuFeatures.Engines> engines(String gpuUuid) throws GpuException {
        return owner("engines", gpuUuid).engines(gpuUuid);
    }

    @Override
    public GpuFeatures features(String gpuUuid) throws GpuException {
        return owner("features", gpuUuid).features(gpuUuid);
    }

    @Override
    public Optional<RecoveryAction> recoveryAction(String gpuUuid) throws GpuException {
        return owner("recoveryAction", gpuUuid).recoveryAction(gpuUuid);
    }

    @Override
    public GpuEvents events() throws GpuException {
        return driver("events", ALL_GPUS, GpuErrorCode.NOT_SUPPORTED).events();
    }

    @Override
    public Optional<DriverVersions> versions() throws GpuException {
        return either(GpuDriver::versions, Optional.empty());
    }

    @Override
    public List<GpuLink> links() throws GpuException {
        return either(GpuDriver::links, List.of());
    }

    @Override
    public String bootId() throws GpuException {
        return driver("bootId", "this machine", GpuErrorCode.NOT_SUPPORTED).bootId();
    }

    @Override
    public Optional<MigModeSwitch> modeSwitch() {
        return present.flatMap(GpuDriver::modeSwitch);
    }

    @Override
    public void close() {
        closed = true;
        present.ifPresent(GpuDriver::close);
    }
}
