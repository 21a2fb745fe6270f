package io.migpool.deviceplugin.health;

import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.PodClaim;
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
 * Which GPUs are not fit for new pods, and why; each GPU for itself.
 *
 * <p>A GPU is unfit while it does not answer, while its driver says that it needs a repair, and after an Xid that hit it as a
 * whole. An Xid is over when the driver says that nothing has to be done and none came for the quiet time; where the driver does
 * not say, when the GPU was away and answers again, as after a reset.
 *
 * <p>An Xid that hit a MIG instance says nothing about its neighbours: that instance goes to no other pod, and is gone with its
 * present one.
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
     * What is the matter with a GPU.
     *
     * @param unreachable why it did not answer the last time
     * @param needs what the driver says it needs
     * @param xid the latest Xid that counts, if it is not over
     * @param xidAt when that came
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
                return Optional.of("the driver asks for a repair (%s%s); %s"
                        .formatted(needs, xid == null ? "" : ", after Xid " + xid, needs.remedy()));
            }
            // Without its time: an Xid that comes again and again is not news.
            return Optional.ofNullable(xid)
                    .map(number ->
                            ("the driver reported Xid %d; see the kernel log and NVIDIA's Xid catalogue for what to"
                                            + " do, and restart the node agent after a repair that does not reset the GPU")
                                    .formatted(number));
        }
    }

    /** What a GPU needs; empty if its driver does not tell. */
    @FunctionalInterface
    public interface Question {
        Optional<RecoveryAction> ask(String gpuUuid) throws GpuException;
    }

    /**
     * @param question how a GPU is asked what it needs
     * @param pool whose instances have the GPUs
     * @param events where a person reads of a sick GPU
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

    /** Calls the listener for each Xid that counts and hit a MIG instance; it must be quick. */
    public void onInstanceHit(Consumer<GpuEvent.Xid> listener) {
        instanceListeners.add(listener);
    }

    /** Why a GPU is not fit for new pods, if it is not. */
    public Optional<String> ailment(String gpuUuid) {
        return ailments.getOrDefault(gpuUuid, Ailment.NONE).words();
    }

    /** Takes note of an event. */
    public void happened(GpuEvent event) {
        switch (event) {
            case GpuEvent.Xid xid -> {
                boolean counts = checks.counts(xid.number());
                observer.xid(xid.gpuUuid(), xid.number(), counts);
                LOG.log(System.Logger.Level.WARNING, "{0}{1}", xid, counts ? "" : ", which does not count");
                if (counts) {
                    hit(xid);
                }
            }
            // Whoever hears of an event has all GPUs looked at; here one that hangs would keep the events of the
            // others.
            case GpuEvent.ConditionChanged changed -> LOG.log(System.Logger.Level.DEBUG, "{0}", changed);
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
                                + " the pod to have it cut anew")
                        .formatted(xid.number(), instance.slice()));
    }

    /**
     * Asks a GPU. Blocks for a driver call.
     *
     * @throws GpuException if it does not answer in time; more questions would not be answered either
     */
    public void examine(String gpuUuid) throws GpuException {
        Optional<RecoveryAction> action;
        try {
            action = question.ask(gpuUuid);
        } catch (GpuException e) {
            if (e.code() == GpuErrorCode.NOT_FOUND || e.code() == GpuErrorCode.INVALID_ARGUMENT) {
                LOG.log(System.Logger.Level.DEBUG, "a GPU is not asked any more", e);
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

    /** What is left of an ailment once the GPU answers; null if nothing. */
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
