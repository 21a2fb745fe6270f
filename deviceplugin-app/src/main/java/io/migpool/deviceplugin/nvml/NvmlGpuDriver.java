package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.DriverVersions;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuLink;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.GpuUsage;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigModeSwitch;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.deviceplugin.gpu.UnlistedGpu;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The port on real GPUs: finds the GPU that a call names and delegates to it. */
final class NvmlGpuDriver implements GpuDriver {

    private static final System.Logger LOG = System.getLogger(NvmlGpuDriver.class.getName());
    private static final String ALL_GPUS = "all GPUs";

    private final Survey survey;
    private final Function<GpuIdentity, NvmlGpu> boards;
    private final Optional<DriverVersions> versions;
    private final HostFiles host;
    private final Consumer<List<NvmlGpu>> whenClosed;
    private final Listening listening;
    private final List<NvmlEvents> open = new CopyOnWriteArrayList<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    /** By index. Replaced when GPUs are found; one that was found stays. */
    private volatile List<NvmlGpu> gpus = List.of();
    /** By index, without those that are known from before. */
    private volatile List<UnlistedGpu> unlisted = List.of();

    /**
     * A driver.
     *
     * @param survey finds the GPUs; has looked once
     * @param boards makes the object for a GPU that was found
     * @param versions the versions reported at the start; they change only with a restart of the driver
     * @param listening opens event streams
     * @param whenClosed run once when the driver is closed, to release the GPUs and the library; not if a native call
     *     about events does not return, because it would block
     */
    NvmlGpuDriver(
            Survey survey,
            Function<GpuIdentity, NvmlGpu> boards,
            Optional<DriverVersions> versions,
            HostFiles host,
            Listening listening,
            Consumer<List<NvmlGpu>> whenClosed) {
        this.survey = survey;
        this.boards = boards;
        this.versions = versions;
        this.host = host;
        this.listening = listening;
        this.whenClosed = whenClosed;
        takeIn();
    }

    /** Makes a stream of events of GPUs, whose number may grow; makes no calls. */
    @FunctionalInterface
    interface Listening {
        NvmlEvents to(Supplier<List<NvmlGpu>> gpus) throws GpuException;
    }

    /** Finds the GPUs of the machine. */
    interface Survey {

        /** Finds none, on a machine without any. */
        Survey NONE = new Survey() {
            @Override
            public void look() {}

            @Override
            public List<GpuIdentity> identified() {
                return List.of();
            }

            @Override
            public List<UnlistedGpu> unlisted() {
                return List.of();
            }
        };

        /** Looks for GPUs, and queries those that could not be identified. */
        void look() throws GpuException;

        /** Returns the GPUs that were identified, by index. */
        List<GpuIdentity> identified();

        /** Returns the others, by index. */
        List<UnlistedGpu> unlisted();
    }

    private void takeIn() {
        Map<String, NvmlGpu> known = new LinkedHashMap<>();
        gpus.forEach(gpu -> known.put(gpu.uuid(), gpu));
        for (GpuIdentity identity : survey.identified()) {
            NvmlGpu gpu = known.computeIfAbsent(identity.uuid(), _ -> boards.apply(identity));
            gpu.identifiedAs(identity);
        }
        List<GpuIdentity> identities = new ArrayList<>(survey.identified());
        Set<String> identified = identities.stream().map(GpuIdentity::uuid).collect(Collectors.toSet());
        known.values().stream().filter(gpu -> !identified.contains(gpu.uuid())).forEach(lost -> {
            lost.identifiedAs(lost.identity().beside(identities));
            identities.add(lost.identity());
        });
        gpus = known.values().stream()
                .sorted(Comparator.comparingInt(NvmlGpu::index))
                .toList();
        unlisted = unknown(identified);
    }

    /**
     * Returns the GPUs that are not identified and not known either. One that is known may not be identified again, and
     * its index may have changed: where none of them has its index, the last of them is taken for it, because GPUs that
     * come shift the indices of others upwards.
     */
    private List<UnlistedGpu> unknown(Set<String> identified) {
        List<UnlistedGpu> unknown = new ArrayList<>(survey.unlisted());
        List<NvmlGpu> lost = new ArrayList<>(gpus);
        lost.removeIf(gpu ->
                identified.contains(gpu.uuid()) || unknown.removeIf(unlisted -> unlisted.index() == gpu.index()));
        return List.copyOf(unknown.subList(0, Math.max(0, unknown.size() - lost.size())));
    }

    @Override
    public List<GpuDescription> gpus() throws GpuException {
        requireOpen("gpus", ALL_GPUS);
        List<NvmlGpu> present = gpus;
        // All begin before the first is waited for.
        present.forEach(NvmlGpu::beginDescription);
        return present.stream().map(NvmlGpu::describe).toList();
    }

    @Override
    public List<UnlistedGpu> unlisted() {
        return unlisted;
    }

    @Override
    public void lookForMore() throws GpuException {
        requireOpen("lookForMore", ALL_GPUS);
        survey.look();
        takeIn();
    }

    @Override
    public Optional<DriverVersions> versions() throws GpuException {
        requireOpen("versions", ALL_GPUS);
        return versions;
    }

    @Override
    public String bootId() throws GpuException {
        requireOpen("bootId", ALL_GPUS);
        return host.bootId();
    }

    @Override
    public MigMode migMode(String gpuUuid) throws GpuException {
        return gpu("migMode", gpuUuid).migMode();
    }

    @Override
    public MigMode enableMig(String gpuUuid) throws GpuException {
        return gpu("enableMig", gpuUuid).enableMig();
    }

    @Override
    public Optional<MigModeSwitch> modeSwitch() {
        return Optional.of(new MigModeSwitch() {
            @Override
            public MigMode disableMig(String gpuUuid) throws GpuException {
                return gpu("disableMig", gpuUuid).disableMig();
            }

            @Override
            public boolean canReset(String gpuUuid) throws GpuException {
                return gpu("canReset", gpuUuid).canReset();
            }

            // A GPU that this process has open is in use, and the library cannot reset GPUs anyway.
            @Override
            public MigMode reset(String gpuUuid) throws GpuException {
                throw new GpuException(
                        GpuErrorCode.NOT_SUPPORTED,
                        "reset",
                        gpuUuid,
                        "NVML cannot reset it; end all that has it open, the node agent included, and run nvidia-smi --gpu-reset -i "
                                + gpuUuid);
            }
        });
    }

    @Override
    public List<GpuInstance> instances(String gpuUuid) throws GpuException {
        return gpu("instances", gpuUuid).instances();
    }

    @Override
    public GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement) throws GpuException {
        return gpu("createGpuInstance", gpuUuid).instanceChanges().createGpuInstance(profile, placement);
    }

    @Override
    public ComputeInstance createComputeInstance(GpuInstance instance, int computeSlices) throws GpuException {
        return gpu("createComputeInstance", instance.gpuUuid())
                .instanceChanges()
                .createComputeInstance(instance, computeSlices);
    }

    @Override
    public void destroyComputeInstance(GpuInstance instance, ComputeInstance computeInstance) throws GpuException {
        gpu("destroyComputeInstance", instance.gpuUuid())
                .instanceChanges()
                .destroyComputeInstance(instance, computeInstance);
    }

    @Override
    public void destroyGpuInstance(GpuInstance instance) throws GpuException {
        gpu("destroyGpuInstance", instance.gpuUuid()).instanceChanges().destroyGpuInstance(instance);
    }

    @Override
    public List<GpuProcess> processes(String gpuUuid) throws GpuException {
        return gpu("processes", gpuUuid).processes();
    }

    @Override
    public GpuUsage usage(String gpuUuid) throws GpuException {
        return gpu("usage", gpuUuid).usage();
    }

    @Override
    public Map<MigProfile, GpuFeatures.Engines> engines(String gpuUuid) throws GpuException {
        return gpu("engines", gpuUuid).engines();
    }

    @Override
    public GpuFeatures features(String gpuUuid) throws GpuException {
        return gpu("features", gpuUuid).features();
    }

    @Override
    public Optional<RecoveryAction> recoveryAction(String gpuUuid) throws GpuException {
        return gpu("recoveryAction", gpuUuid).recoveryAction();
    }

    @Override
    public List<GpuLink> links() throws GpuException {
        requireOpen("links", ALL_GPUS);
        return new NvmlLinks(gpus).read();
    }

    @Override
    public GpuEvents events() throws GpuException {
        requireOpen("events", ALL_GPUS);
        requireClosedHaveEnded();
        NvmlEvents events = listening.to(() -> gpus);
        open.add(events);
        events.begin();
        return events;
    }

    /**
     * Refuses to listen again while a call of a stream that was closed is in progress, because every attempt would leave
     * one more thread in the library.
     */
    private void requireClosedHaveEnded() throws GpuException {
        List<NvmlEvents> past = open.stream().filter(NvmlEvents::isClosed).toList();
        if (!haveEnded(past)) {
            throw new GpuException(
                    GpuErrorCode.TIMEOUT, "events", ALL_GPUS, "a call of the last attempt to listen has not returned");
        }
        open.removeAll(past);
    }

    private NvmlGpu gpu(String call, String gpuUuid) throws GpuException {
        requireOpen(call, gpuUuid);
        return gpus.stream()
                .filter(gpu -> gpu.uuid().equals(gpuUuid))
                .findFirst()
                .orElseThrow(() -> new GpuException(
                        GpuErrorCode.NOT_FOUND, call, gpuUuid, "this machine has no GPU of that UUID"));
    }

    private void requireOpen(String call, String gpuUuid) throws GpuException {
        if (closed.get()) {
            throw NvmlThread.closed(call, gpuUuid);
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            open.forEach(NvmlEvents::close);
            if (haveEnded(open)) {
                whenClosed.accept(gpus);
            } else {
                LOG.log(Level.WARNING, "A call for events does not return; the library is not shut down");
                gpus.forEach(NvmlGpu::close);
            }
        }
    }

    private static boolean haveEnded(List<NvmlEvents> streams) {
        try {
            for (NvmlEvents stream : streams) {
                if (!stream.awaitEnd()) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
