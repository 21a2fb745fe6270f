package io.migpool.deviceplugin.health;

import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.PodClaim;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tracks which GPUs are not fit for new pods, and why; each GPU on its own.
 *
 * <p>A GPU is unfit while it does not respond, while its driver asks for a repair, and after an Xid that affects it as
 * a whole. An Xid is over when the driver asks for no repair and there has been none for the quiet time; if the driver
 * does not report repairs, when the GPU has stopped responding and responds again, as after a reset.
 *
 * <p>An Xid in a MIG instance does not affect its neighbours: that instance goes to no other pod, and is destroyed
 * after its present one.
 */
public final class GpuHealth {

    private static final System.Logger LOG = System.getLogger(GpuHealth.class.getName());

    private final Question question;
    private final InstancePool pool;
    private final HealthChecks checks;
    private final Duration quiet;
    private final Events events;
    private final HealthObserver observer;
    private final InstantSource clock;
    private final Map<String, Ailment> ailments = new ConcurrentHashMap<>();
    private final List<Consumer<GpuEvent.Xid>> instanceListeners = new CopyOnWriteArrayList<>();

    /**
     * What is wrong with a GPU.
     *
     * @param unreachable why it did not respond the last time
     * @param needs the driver's recovery action
     * @param xid the latest Xid that counts, if it is not over yet
     * @param xidAt when that Xid occurred
     */
    private record Ailment(
            @Nullable GpuException unreachable,
            RecoveryAction needs,
            @Nullable Long xid,
            Instant xidAt) {

        static final Ailment NONE = new Ailment(null, RecoveryAction.NONE, null, Instant.MIN);

        Ailment hitBy(long number, Instant now) {
            return new Ailment(unreachable, needs, number, now);
        }

        Ailment withoutAnswer(GpuException why) {
            return new Ailment(why, needs, xid, xidAt);
        }

        Optional<String> words() {
            if (unreachable != null) {
                return Optional.of(String.valueOf(unreachable.getMessage()));
            }
            if (needs != RecoveryAction.NONE) {
                return Optional.of("the driver asks for a recovery action (%s%s); %s"
                        .formatted(needs, xid == null ? "" : ", after Xid " + xid, needs.remedy()));
            }
            // Without its time, because a recurring Xid is not news.
            return Optional.ofNullable(xid)
                    .map(number ->
                            ("the driver reported Xid %d; see the kernel log and NVIDIA's Xid catalogue for what to"
                                            + " do, and restart the node agent after a repair that does not reset the GPU")
                                    .formatted(number));
        }
    }

    /** Queries the recovery action of a GPU; empty if its driver does not report it. */
    @FunctionalInterface
    public interface Question {
        Optional<RecoveryAction> ask(String gpuUuid) throws GpuException;
    }

    /**
     * @param question queries the recovery action of a GPU
     * @param pool the pool of instances
     * @param events reports sick GPUs to people
     */
    public GpuHealth(
            Question question,
            InstancePool pool,
            HealthSettings settings,
            Events events,
            HealthObserver observer,
            InstantSource clock) {
        this.question = question;
        this.pool = pool;
        this.checks = settings.checks();
        this.quiet = settings.quietTime();
        this.events = events;
        this.observer = observer;
        this.clock = clock;
    }

    /** Calls the listener for each Xid that counts and affects a MIG instance; it must be quick. */
    public void onInstanceHit(Consumer<GpuEvent.Xid> listener) {
        instanceListeners.add(listener);
    }

    /** Returns why a GPU is not fit for new pods, if it is not. */
    public Optional<String> ailment(String gpuUuid) {
        return ailments.getOrDefault(gpuUuid, Ailment.NONE).words();
    }

    /** Records an event. */
    public void happened(GpuEvent event) {
        switch (event) {
            case GpuEvent.Xid xid -> {
                boolean counts = checks.counts(xid.number());
                observer.xid(xid.gpuUuid(), xid.number(), counts);
                LOG.log(Level.WARNING, "{0}{1}", xid, counts ? "" : ", which does not count");
                if (counts) {
                    hit(xid);
                }
            }
            // Callers check all GPUs after an event; doing so here would let a GPU that hangs delay the events of the
            // others.
            case GpuEvent.ConditionChanged changed -> LOG.log(Level.DEBUG, "{0}", changed);
        }
    }

    private void hit(GpuEvent.Xid xid) {
        if (xid.hitsWholeGpu()) {
            ailments.merge(
                    xid.gpuUuid(),
                    Ailment.NONE.hitBy(xid.number(), clock.instant()),
                    (before, _) -> before.hitBy(xid.number(), clock.instant()));
            return;
        }
        instanceListeners.forEach(listener -> listener.accept(xid));
        Optional<MigInstance> instance = pool.distrust(xid.gpuUuid(), xid.gpuInstanceId());
        instance.flatMap(MigInstance::pod).flatMap(pool::claim).ifPresent(pod -> tell(pod, xid, instance.get()));
    }

    private void tell(PodClaim pod, GpuEvent.Xid xid, MigInstance instance) {
        events.warnPod(
                new Events.PodRef(pod.namespace(), pod.name(), Optional.of(pod.uid())),
                "InstanceUnhealthy",
                ("the driver reported Xid %d on %s; what runs there may have failed. No other pod gets this instance: delete"
                                + " the pod to have it recreated")
                        .formatted(xid.number(), instance.slice()));
    }

    /**
     * Queries a GPU. Blocks on a driver call.
     *
     * @throws GpuException if it does not respond in time; further queries would not be answered either
     */
    public void examine(String gpuUuid) throws GpuException {
        Optional<RecoveryAction> action;
        try {
            action = question.ask(gpuUuid);
        } catch (GpuException e) {
            if (e.code() == GpuErrorCode.NOT_FOUND || e.code() == GpuErrorCode.INVALID_ARGUMENT) {
                LOG.log(Level.DEBUG, "a GPU is no longer polled", e);
            } else {
                ailments.merge(gpuUuid, Ailment.NONE.withoutAnswer(e), (before, _) -> before.withoutAnswer(e));
            }
            if (e.code() == GpuErrorCode.TIMEOUT) {
                throw e;
            }
            return;
        }
        ailments.compute(gpuUuid, (_, before) -> answered(before == null ? Ailment.NONE : before, action));
    }

    /** Returns what is left of an ailment once the GPU responds; null if nothing. */
    private @Nullable Ailment answered(Ailment before, Optional<RecoveryAction> action) {
        RecoveryAction needs = checks.enabled() ? action.orElse(RecoveryAction.NONE) : RecoveryAction.NONE;
        boolean over = action.isPresent()
                ? needs == RecoveryAction.NONE
                        && !clock.instant().isBefore(before.xidAt().plus(quiet))
                : before.unreachable() != null;
        Long xid = over ? null : before.xid();
        return needs == RecoveryAction.NONE && xid == null ? null : new Ailment(null, needs, xid, before.xidAt());
    }
}
