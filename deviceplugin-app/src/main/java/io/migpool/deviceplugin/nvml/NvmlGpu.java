package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.GpuUsage;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One GPU behind the port. It has two threads, one for changes and one for reading, so that neither a long creation nor
 * another GPU that hangs delays a reader. Only facts about the board are kept between calls: its identity and the
 * profile tables, never a handle.
 */
final class NvmlGpu {

    private static final int WALKS = 3;
    /** How long new profiles are waited for, as long as there are former ones. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final NvmlSession session;
    private final NvmlThread changes;
    private final NvmlThread reads;
    private final Map<ProfileId, List<ComputeProfile>> computeProfiles = new ConcurrentHashMap<>();
    private final PatientReading profiles = new PatientReading();
    /** How long the first profiles are waited for. */
    private final Duration firstPatience;

    private final InstanceSamples samples;
    private final InstanceChanges instanceChanges;
    /** Counts the instances created here, because an id may belong to another instance after each. */
    private final AtomicLong generation = new AtomicLong();
    /** Whether the board measures the utilisation of its instances; queried once. */
    private volatile @Nullable Boolean counting;

    /** Its index and address change when GPUs come. */
    private volatile GpuIdentity identity;

    private volatile ProfileTable table = ProfileTable.EMPTY;
    /** Whether the board resets itself for a change of mode, as some unused boards do; assumed until it fails to. */
    private volatile boolean resetsItself = true;

    /** The mode last read; other processes or a reset may have changed it since. */
    private volatile boolean migSeenEnabled;

    NvmlGpu(NvmlSession session, GpuIdentity identity, NvmlSettings settings) {
        this.session = session;
        this.identity = identity;
        this.firstPatience = settings.queryTimeout();
        this.samples = new InstanceSamples(session.gpm());
        this.changes = new NvmlThread("nvml-change-" + identity.index(), settings.mutationTimeout());
        this.reads = new NvmlThread("nvml-read-" + identity.index(), settings.queryTimeout());
        this.instanceChanges = new InstanceChanges(this, changes, generation::incrementAndGet);
    }

    String uuid() {
        return identity.uuid();
    }

    int index() {
        return identity.index();
    }

    /** Takes over what a later survey has found out about this GPU. */
    void identifiedAs(GpuIdentity found) {
        identity = found;
    }

    GpuIdentity identity() {
        return identity;
    }

    String model() {
        return identity.model();
    }

    MigSupport migSupport() {
        return identity.migSupport();
    }

    DeviceCalls nvml() {
        return session.nvml();
    }

    MigCalls mig() {
        return session.mig();
    }

    LinkCalls links() {
        return session.links();
    }

    /** Returns the id by which to find it again. */
    String pciBusId() {
        return identity.pciBusId();
    }

    OptionalInt pciClass() {
        return identity.pciClass();
    }

    /** Returns the object that creates and destroys its instances. */
    InstanceChanges instanceChanges() {
        return instanceChanges;
    }

    /** A query of the GPU. */
    @FunctionalInterface
    interface Question<T> {
        T of(Handle.Device device) throws NvmlException;
    }

    /** Runs a query on the thread for reading. */
    <T> T read(String call, Question<T> question) throws GpuException {
        return reads.run(call, uuid(), wanted -> question.of(visit(call).device()));
    }

    List<GpuProcess> processesOn(Handle.Device device) throws NvmlException {
        return session.processes().on(device);
    }

    /** Returns the utilisation of an instance since the last call; unknown on boards that do not measure it. */
    GpmCalls.Rates ratesOf(Handle.Device device, int gpuInstanceId) {
        Boolean counts = counting;
        if (counts == null) {
            counts = session.gpm().isSupported(device);
            counting = counts;
        }
        return counts ? samples.next(device, gpuInstanceId, generation.get()) : GpmCalls.Rates.UNKNOWN;
    }

    void keepSamplesOf(List<GpuUsage.InstanceUsage> instances) {
        samples.keep(
                instances.stream().map(GpuUsage.InstanceUsage::gpuInstanceId).collect(Collectors.toSet()));
    }

    GpuException refusal(GpuErrorCode code, String call, String detail) {
        return new GpuException(code, call, uuid(), detail);
    }

    /**
     * Returns what the board offers in that mode; read again when the mode has changed, or while the driver reports
     * nothing.
     */
    ProfileTable table(Handle.Device device, boolean migEnabled) throws NvmlException {
        ProfileTable known = table;
        if (known.migEnabled() == migEnabled && !known.offered().isEmpty()) {
            return known;
        }
        ProfileTable read = session.discovery().read(device, migEnabled, identity);
        table = read;
        return read;
    }

    /**
     * Returns what can be created inside instances of a profile; the driver reports this only for an existing instance.
     */
    List<ComputeProfile> computeProfiles(Handle.GpuInstance instance, ProfileId profile) throws NvmlException {
        List<ComputeProfile> known = computeProfiles.get(profile);
        if (known != null && !known.isEmpty()) {
            return known;
        }
        List<ComputeProfile> read = mig().computeProfiles(instance);
        // The driver rejects all calls on an instance that has been destroyed in the meantime, so check that it still
        // exists.
        mig().info(instance);
        computeProfiles.put(profile, read);
        return read;
    }

    /** Returns whether a reader has timed out on it and it has not answered since. */
    boolean hangs() {
        return reads.isHeldUp();
    }

    /** Begins to read the profiles if they are not known for the present mode, unless the GPU does not answer. */
    void beginDescription() {
        if (isUndescribed()) {
            profiles.begin(
                    () -> reads.begin("gpus", uuid(), wanted -> visit("gpus").table()),
                    table.offered().isEmpty() ? firstPatience : PATIENCE);
        }
    }

    /**
     * Returns the description with the known profiles. Waits a bounded time for those that {@link #beginDescription}
     * has begun to read; a board that does not answer by then keeps its previous ones.
     */
    GpuDescription describe() {
        if (isUndescribed()) {
            profiles.await();
        }
        return identity.describe(table.capabilities());
    }

    private boolean isUndescribed() {
        boolean outdated = table.offered().isEmpty() || table.migEnabled() != migSeenEnabled;
        return migSupport() != MigSupport.NONE && outdated && !hangs();
    }

    MigMode migMode() throws GpuException {
        return reads.run("migMode", uuid(), wanted -> {
            MigMode mode = visit("migMode").mode();
            requireMigSupport("migMode");
            return mode;
        });
    }

    MigMode enableMig() throws GpuException {
        return changes.run("enableMig", uuid(), wanted -> {
            GpuVisit before = visit("enableMig");
            requireMigSupport("enableMig");
            if (before.mode().equals(MigMode.ON)) {
                return before.mode();
            }
            wanted.check();
            ReturnCode activation = session.nvml().setMig(before.device(), true);
            MigMode after = visit("enableMig").mode();
            learn(before.mode(), after, activation);
            if (!after.enabled() && activation == ReturnCode.IN_USE) {
                throw refusal(
                        GpuErrorCode.IN_USE,
                        "enableMig",
                        "the GPU is not idle; the mode is off, pending: " + after.pending());
            }
            if (!after.pending()) {
                throw refusal(
                        activation == ReturnCode.SUCCESS ? GpuErrorCode.UNKNOWN : activation.errorCode(),
                        "enableMig",
                        "the mode is %s, and not on after the next reset; the driver says %s, %s"
                                .formatted(after.enabled() ? "on" : "off", activation, activation.meaning()));
            }
            return after;
        });
    }

    private void learn(MigMode before, MigMode after, ReturnCode activation) {
        if (before.enabled() != after.enabled()) {
            resetsItself = true;
        } else if (after.resetRequired() && activation != ReturnCode.IN_USE) {
            resetsItself = false;
        }
    }

    /** Returns whether, as far as is known, a change of mode that needs a reset can be completed from here. */
    boolean canReset() {
        return !identity.passedThrough() && resetsItself;
    }

    /** Returns the recovery action; empty if the driver does not support the query. */
    Optional<RecoveryAction> recoveryAction() throws GpuException {
        return reads.run("recoveryAction", uuid(), wanted -> session.nvml()
                .recoveryAction(visit("recoveryAction").device()));
    }

    /** Queries whether it is present, and its mode; completes when it answers, however long that takes. */
    CompletableFuture<Presence> presence(String call) throws GpuException {
        return reads.begin(call, uuid(), wanted -> {
            GpuVisit visit = visit(call);
            return new Presence(visit.device(), visit.mode());
        });
    }

    /** The GPU at one moment. */
    record Presence(Handle.Device device, MigMode mode) {}

    MigMode disableMig() throws GpuException {
        String call = "disableMig";
        return changes.run(call, uuid(), wanted -> {
            GpuVisit before = visit(call);
            requireMigSupport(call);
            if (before.mode().equals(MigMode.OFF)) {
                return before.mode();
            }
            if (!before.instances().isEmpty()) {
                throw refusal(GpuErrorCode.IN_USE, call, "instances are on the GPU: " + before.instances());
            }
            wanted.check();
            ReturnCode activation = session.nvml().setMig(before.device(), false);
            MigMode after = visit(call).mode();
            learn(before.mode(), after, activation);
            if (after.enabled() && activation == ReturnCode.IN_USE) {
                throw refusal(
                        GpuErrorCode.IN_USE, call, "the GPU is not idle; the mode is on, pending: " + after.pending());
            }
            if (after.pending()) {
                throw refusal(
                        activation == ReturnCode.SUCCESS ? GpuErrorCode.UNKNOWN : activation.errorCode(),
                        call,
                        "the mode is %s, and not off after the next reset; the driver says %s, %s"
                                .formatted(after.enabled() ? "on" : "off", activation, activation.meaning()));
            }
            return after;
        });
    }

    List<GpuInstance> instances() throws GpuException {
        return read("instances", GpuVisit::instances);
    }

    List<GpuProcess> processes() throws GpuException {
        return read("processes", GpuVisit::processes);
    }

    GpuUsage usage() throws GpuException {
        return read("usage", GpuVisit::usage);
    }

    Map<MigProfile, GpuFeatures.Engines> engines() throws GpuException {
        return read("engines", GpuVisit::engines);
    }

    GpuFeatures features() throws GpuException {
        return read("features", GpuVisit::features);
    }

    /** A read in one visit. */
    @FunctionalInterface
    private interface Reading<T> {
        T from(GpuVisit visit) throws NvmlException;
    }

    private <T> T read(String call, Reading<T> reading) throws GpuException {
        return reads.run(call, uuid(), wanted -> read(call, reading, 1));
    }

    /** Reads, starting again if an instance that was destroyed during enumeration has made a handle invalid. */
    private <T> T read(String call, Reading<T> reading, int walk) throws NvmlException, GpuException {
        GpuVisit visit = visit(call);
        try {
            return reading.from(visit);
        } catch (NvmlException e) {
            if (e.code() != ReturnCode.NOT_FOUND && e.code() != ReturnCode.INVALID_ARGUMENT) {
                throw e;
            }
            if (walk == WALKS) {
                throw e.toGpuException(GpuErrorCode.UNKNOWN, call, uuid(), "instances come and go while they are read");
            }
            return read(call, reading, walk + 1);
        }
    }

    private void requireMigSupport(String call) throws GpuException {
        if (migSupport() == MigSupport.NONE) {
            throw refusal(GpuErrorCode.NOT_SUPPORTED, call, model() + " has no MIG");
        }
    }

    /** Fetches fresh handles. A known GPU that is not found is lost, and so is one whose slot has another GPU. */
    GpuVisit visit(String call) throws NvmlException, GpuException {
        DeviceCalls nvml = session.nvml();
        String address = pciBusId();
        Handle.Device device;
        String uuid;
        try {
            device = nvml.deviceByPciBusId(address);
            uuid = nvml.uuid(device);
        } catch (NvmlException e) {
            if (e.code() == ReturnCode.NOT_FOUND || e.code() == ReturnCode.GPU_NOT_FOUND) {
                throw e.toGpuException(GpuErrorCode.GPU_LOST, call, uuid(), address);
            }
            throw e;
        }
        if (!uuid.equals(uuid())) {
            throw refusal(GpuErrorCode.GPU_LOST, call, "at %s is %s now".formatted(address, uuid));
        }
        MigMode mode = migSupport() == MigSupport.NONE ? MigMode.OFF : nvml.migMode(device);
        migSeenEnabled = mode.enabled();
        return new GpuVisit(call, this, device, mode, new MigDevices(nvml, mig(), device));
    }

    /** Cancels waiting calls; later calls fail. */
    void close() {
        changes.close();
        reads.close();
    }

    /** After {@link #close}, waits at most this long for each native call in progress; returns whether none is left. */
    boolean awaitEnd(Duration time) throws InterruptedException {
        return changes.awaitEnd(time) && reads.awaitEnd(time);
    }
}
