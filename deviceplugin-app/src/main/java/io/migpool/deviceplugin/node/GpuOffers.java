package io.migpool.deviceplugin.node;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.InstancePool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * Decides which GPUs this node offers and how, and switches MIG mode on where configuration wants it. MIG mode is never
 * switched off and no GPU is ever reset from here; what needs that is told in an Event and stays out of the pool. A change of
 * mode waits until no pod uses the GPU, and until then the GPU takes no new ones.
 */
final class GpuOffers {

    private static final System.Logger LOG = System.getLogger(GpuOffers.class.getName());

    private final GpuDriver driver;
    private final InstancePool pool;
    private final Supplier<GpuPlan> plan;
    private final Events events;
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();
    /** What was told about each GPU last, so that nothing is told twice in a row. */
    private final Map<String, String> told = new ConcurrentHashMap<>();

    private volatile List<GpuOffer> offers = List.of();

    GpuOffers(GpuDriver driver, InstancePool pool, Supplier<GpuPlan> plan, Events events) {
        this.driver = driver;
        this.pool = pool;
        this.plan = plan;
        this.events = events;
    }

    /** The offers by GPU index, as decided last. */
    List<GpuOffer> current() {
        return offers;
    }

    /** Calls the listener after a change, on the thread that decided; it must be quick. */
    void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Decides anew. Blocks for driver calls; called from one thread. */
    void decide() {
        GpuPlan wanted = plan.get();
        List<GpuOffer> decided = new ArrayList<>();
        for (GpuDescription gpu : gpus()) {
            if (!wanted.filter().excludes(gpu.uuid(), gpu.index())) {
                offer(gpu, wanted).ifPresent(decided::add);
            }
        }
        if (!decided.equals(offers)) {
            offers = List.copyOf(decided);
            listeners.forEach(Runnable::run);
        }
    }

    private List<GpuDescription> gpus() {
        try {
            return driver.gpus();
        } catch (GpuException e) {
            tell("all GPUs", "GpusUnreadable", String.valueOf(e.getMessage()));
            return offers.stream().map(GpuOffer::gpu).toList();
        }
    }

    private Optional<GpuOffer> offer(GpuDescription gpu, GpuPlan wanted) {
        try {
            boolean migOn = gpu.migCapable() && driver.migMode(gpu.uuid()).enabled();
            return switch (wanted.mode()) {
                case MIG -> migOn ? Optional.of(usable(gpu, GpuMode.MIG, wanted)) : afterEnabling(gpu, wanted);
                case HAMI_CORE ->
                    migOn ? insteadOfMig(gpu, wanted) : Optional.of(usable(gpu, GpuMode.HAMI_CORE, wanted));
                case MPS ->
                    outOfPool(
                            gpu,
                            "ModeNotServed",
                            "operatingmode mps is not served; set hami-core or mig in config.json");
            };
        } catch (GpuException e) {
            tell(gpu.uuid(), "GpuUnhealthy", String.valueOf(e.getMessage()));
            return lastOffer(gpu).map(last -> new GpuOffer(gpu, last.mode(), wanted.sharing(), false));
        }
    }

    private GpuOffer usable(GpuDescription gpu, GpuMode mode, GpuPlan wanted) {
        Optional<GpuException> trouble = pool.trouble(gpu.uuid());
        trouble.ifPresentOrElse(
                e -> tell(gpu.uuid(), "GpuUnhealthy", String.valueOf(e.getMessage())), () -> told.remove(gpu.uuid()));
        return new GpuOffer(gpu, mode, wanted.sharing(), trouble.isEmpty());
    }

    private Optional<GpuOffer> afterEnabling(GpuDescription gpu, GpuPlan wanted) throws GpuException {
        if (!gpu.migCapable()) {
            return outOfPool(
                    gpu,
                    "NoMig",
                    "operatingmode is mig but " + gpu.model()
                            + " has no MIG; set operatingmode hami-core for this node, or filter the GPU");
        }
        if (isUsedBy(gpu, ClaimedDevice.Shared.class)) {
            return waiting(gpu, GpuMode.HAMI_CORE, wanted);
        }
        MigMode mode;
        try {
            mode = driver.enableMig(gpu.uuid());
        } catch (GpuException e) {
            if (e.code() != GpuErrorCode.IN_USE) {
                throw e;
            }
            return outOfPool(
                    gpu,
                    "MigModePending",
                    "MIG mode cannot be switched on while processes run there; it is tried again when they have ended");
        }
        if (!mode.enabled()) {
            return outOfPool(
                    gpu,
                    "GpuResetRequired",
                    "MIG mode is on only after a reset; drain the GPU and run nvidia-smi --gpu-reset -i " + gpu.uuid()
                            + ", or reboot the node");
        }
        LOG.log(System.Logger.Level.INFO, "MIG mode of GPU {0} is on", gpu.uuid());
        // Profiles may be readable only now.
        GpuDescription cuttable = driver.gpus().stream()
                .filter(other -> other.uuid().equals(gpu.uuid()))
                .findFirst()
                .orElse(gpu);
        return Optional.of(usable(cuttable, GpuMode.MIG, wanted));
    }

    private Optional<GpuOffer> insteadOfMig(GpuDescription gpu, GpuPlan wanted) {
        if (isUsedBy(gpu, ClaimedDevice.Mig.class)) {
            return waiting(gpu, GpuMode.MIG, wanted);
        }
        return outOfPool(
                gpu,
                "MigModeStillOn",
                "operatingmode is hami-core but MIG mode is on, and the pool never switches it off; run nvidia-smi -i "
                        + gpu.uuid() + " -mig 0, or set operatingmode mig");
    }

    private boolean isUsedBy(GpuDescription gpu, Class<? extends ClaimedDevice> kind) {
        return pool.claims().stream()
                .flatMap(claim -> claim.containers().stream())
                .flatMap(container -> container.devices().stream())
                .anyMatch(device -> kind.isInstance(device) && device.gpuUuid().equals(gpu.uuid()));
    }

    private Optional<GpuOffer> waiting(GpuDescription gpu, GpuMode present, GpuPlan wanted) {
        tell(
                gpu.uuid(),
                "ModeChangeWaits",
                "operatingmode is now %s; the GPU takes no new pods and changes when its present pods have ended"
                        .formatted(wanted.mode()));
        return Optional.of(new GpuOffer(gpu, present, wanted.sharing(), false));
    }

    private Optional<GpuOffer> outOfPool(GpuDescription gpu, String reason, String note) {
        tell(gpu.uuid(), reason, gpu.uuid() + " is not in the pool: " + note);
        return Optional.empty();
    }

    private Optional<GpuOffer> lastOffer(GpuDescription gpu) {
        return offers.stream()
                .filter(offer -> offer.gpu().uuid().equals(gpu.uuid()))
                .findFirst();
    }

    private void tell(String about, String reason, String note) {
        if (!(reason + note).equals(told.put(about, reason + note))) {
            LOG.log(System.Logger.Level.WARNING, "{0}: {1}", about, note);
            events.warnNode(reason, note);
        }
    }
}
