package io.migpool.deviceplugin.nvml;

import com.sun.jna.Pointer;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.nvml.NvmlStructs.EventData;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One event set for all GPUs, awaited on a thread of its own. Each GPU is registered on a thread of its own too, so that
 * one that hangs does not silence the others. A GPU whose MIG mode has changed is registered again, because the change
 * may have invalidated its handle; one that cannot be registered is retried later. The set waits once, when it is
 * created, for a GPU that does not respond; after that its answer is used when it arrives.
 */
final class NvmlEvents implements GpuEvents {

    private static final System.Logger LOG = System.getLogger(NvmlEvents.class.getName());
    private static final String CALL = "events";
    private static final String ALL_GPUS = "all GPUs";
    /** The library cannot be interrupted while it waits, so closing takes up to this long. */
    private static final Duration LONGEST_WAIT = Duration.ofMillis(500);

    private final EventCalls calls;
    private final DeviceCalls nvml;
    private final Supplier<List<NvmlGpu>> gpus;
    private final Duration timeout;
    private final NvmlThread thread;
    private final Map<String, Registration> registered = new HashMap<>();
    /** Pending queries of GPUs, on threads of their own. */
    private final Map<String, CompletableFuture<NvmlGpu.Presence>> looks = new HashMap<>();
    /** Pending registrations, one for a GPU, with this set or an earlier one. */
    private final Map<String, CompletableFuture<Registration>> registering = new HashMap<>();
    /** The threads on which GPUs are registered. */
    private final Map<String, NvmlThread> registrars = new ConcurrentHashMap<>();

    private final Deque<GpuEvent> known = new ArrayDeque<>();
    private final Duration lookInterval;
    private long lookedAt;
    private volatile boolean closed;
    /** Created and freed on the thread, so that none is created after the last one was freed. */
    private volatile @Nullable SharedEventSet set;

    /** How a GPU was registered. */
    private record Registration(SharedEventSet set, Pointer device, boolean migEnabled) {}

    /**
     * Makes no calls; {@link #begin} does.
     *
     * @param gpus the GPUs at any time; one that comes is listened to from the next check on
     * @param timeout limit of a native call in addition to the requested wait
     * @param lookInterval time between checks that all GPUs are registered in their present mode
     */
    NvmlEvents(NvmlSession session, Supplier<List<NvmlGpu>> gpus, Duration timeout, Duration lookInterval) {
        this.calls = session.events();
        this.nvml = session.nvml();
        this.gpus = gpus;
        this.timeout = timeout;
        this.lookInterval = lookInterval;
        this.thread = new NvmlThread("nvml-events", timeout.plus(LONGEST_WAIT));
    }

    /**
     * Begins to listen, or closes it.
     *
     * @throws GpuException if no GPU can be registered
     */
    void begin() throws GpuException {
        boolean listening = false;
        try {
            registered(System.nanoTime());
            listening = true;
        } finally {
            if (!listening) {
                close();
            }
        }
    }

    @Override
    public Optional<GpuEvent> next(Duration limit) throws GpuException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            GpuEvent waiting = known.poll();
            if (waiting != null) {
                return Optional.of(waiting);
            }
            SharedEventSet present = registered(System.nanoTime());
            long left = Math.max(0, deadline - System.nanoTime());
            int millis = (int)
                    Math.min(LONGEST_WAIT.toMillis(), Duration.ofNanos(left).toMillis());
            await(present, millis).ifPresent(this::describe);
            if (known.isEmpty() && left == 0) {
                return Optional.empty();
            }
        }
    }

    /**
     * Waits for an event. After a failure the set is abandoned: the library does not say which GPU failed, and the
     * others need a new set.
     */
    private Optional<EventData> await(SharedEventSet present, int millis) throws GpuException {
        try {
            return thread.run(CALL, ALL_GPUS, wanted -> {
                requireUnfreed(present);
                return calls.await(present.handle(), millis);
            });
        } catch (GpuException e) {
            if (e.code() != GpuErrorCode.INVALID_ARGUMENT) {
                LOG.log(Level.DEBUG, "registering for events again", e);
            }
            free();
            throw e;
        }
    }

    /** Returns the set, with every GPU that can be registered. */
    private SharedEventSet registered(long now) throws GpuException {
        SharedEventSet last = set;
        SharedEventSet present = last == null ? thread.run(CALL, ALL_GPUS, wanted -> create()) : last;
        registered.values().removeIf(other -> !other.set().equals(present));
        // Then it is new, or was created after nobody waited for it any longer.
        if (registered.isEmpty()) {
            List<String> begun = beginLooks(now);
            do {
                take(present);
            } while (awaitOne(begun, now));
        } else if (now - lookedAt >= lookInterval.toNanos()) {
            var _ = beginLooks(now);
        }
        take(present);
        if (registered.isEmpty()) {
            free();
            throw looks.isEmpty() && registering.isEmpty()
                    ? new GpuException(
                            GpuErrorCode.NOT_SUPPORTED,
                            CALL,
                            ALL_GPUS,
                            "the driver reports events for none of the GPUs")
                    : new GpuException(GpuErrorCode.TIMEOUT, CALL, ALL_GPUS, "no GPU answers");
        }
        return present;
    }

    private SharedEventSet create() throws NvmlException, GpuException {
        SharedEventSet made = new SharedEventSet(calls, calls.create());
        if (closed) {
            // Nobody else knows of it, if closing did not wait for this call.
            made.leave();
            throw NvmlThread.closed(CALL, ALL_GPUS);
        }
        set = made;
        return made;
    }

    /** Queries the GPUs without a pending query or registration; returns which. */
    private List<String> beginLooks(long now) {
        lookedAt = now;
        List<String> begun = new ArrayList<>();
        for (NvmlGpu gpu : gpus.get()) {
            if (!looks.containsKey(gpu.uuid()) && !registering.containsKey(gpu.uuid())) {
                try {
                    looks.put(gpu.uuid(), gpu.presence(CALL));
                    begun.add(gpu.uuid());
                } catch (GpuException e) {
                    LOG.log(Level.DEBUG, "a GPU cannot be queried at present", e);
                }
            }
        }
        return begun;
    }

    /** Waits for one answer of these GPUs; returns whether there was anything to wait for. */
    private boolean awaitOne(List<String> begun, long since) throws GpuException {
        List<CompletableFuture<?>> open = begun.stream()
                .<CompletableFuture<?>>mapMulti((gpu, pending) -> {
                    Optional.ofNullable(looks.get(gpu)).ifPresent(pending);
                    Optional.ofNullable(registering.get(gpu)).ifPresent(pending);
                })
                .toList();
        long left = since + timeout.toNanos() - System.nanoTime();
        if (open.isEmpty() || left <= 0) {
            return false;
        }
        try {
            var _ = CompletableFuture.anyOf(open.toArray(CompletableFuture[]::new))
                    .handle((answer, failure) -> "answered")
                    .get(left, TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a failure is an answer too", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GpuException(GpuErrorCode.TIMEOUT, CALL, ALL_GPUS, "interrupted before it was done", e);
        }
    }

    /** Takes in what the GPUs have answered. */
    private void take(SharedEventSet present) {
        for (NvmlGpu gpu : gpus.get()) {
            answered(looks, gpu).ifPresent(now -> beginRegistering(gpu, now, present));
            answered(registering, gpu)
                    .filter(done -> done.set().equals(present))
                    .ifPresent(done -> registered.put(gpu.uuid(), done));
        }
    }

    /** Takes out the answer of a GPU; none if there is none yet, or it failed. */
    private static <T> Optional<T> answered(Map<String, CompletableFuture<T>> pending, NvmlGpu gpu) {
        CompletableFuture<T> answer = pending.get(gpu.uuid());
        if (answer == null || !answer.isDone()) {
            return Optional.empty();
        }
        pending.remove(gpu.uuid());
        try {
            return Optional.of(answer.join());
        } catch (CompletionException | CancellationException e) {
            LOG.log(Level.DEBUG, "a GPU cannot be registered for events at present", e);
            return Optional.empty();
        }
    }

    private void beginRegistering(NvmlGpu gpu, NvmlGpu.Presence now, SharedEventSet present) {
        boolean migEnabled = now.mode().enabled();
        Registration before = registered.get(gpu.uuid());
        if (before != null && before.migEnabled() == migEnabled) {
            return;
        }
        try {
            registering.put(gpu.uuid(), registrar(gpu).begin(CALL, gpu.uuid(), wanted -> {
                if (!present.enter()) {
                    throw NvmlThread.closed(CALL, gpu.uuid());
                }
                try {
                    calls.register(now.device(), present.handle());
                } finally {
                    present.leave();
                }
                return new Registration(present, now.device().pointer(), migEnabled);
            }));
        } catch (GpuException e) {
            LOG.log(Level.DEBUG, "a GPU cannot be registered for events at present", e);
        }
    }

    private NvmlThread registrar(NvmlGpu gpu) {
        NvmlThread registrar =
                registrars.computeIfAbsent(gpu.uuid(), uuid -> new NvmlThread("nvml-events-of-" + uuid, timeout));
        if (closed) {
            registrar.close();
        }
        return registrar;
    }

    /** Runs on the thread: another thread may have closed and freed the set while this was waiting. */
    private void requireUnfreed(SharedEventSet present) throws GpuException {
        if (!present.equals(set)) {
            throw NvmlThread.closed(CALL, ALL_GPUS);
        }
    }

    private void describe(EventData data) {
        Optional<String> gpu = gpuOf(data.device);
        if (gpu.isEmpty()) {
            LOG.log(Level.WARNING, "an event does not name its GPU; checking all GPUs");
            gpus.get().forEach(any -> known.add(new GpuEvent.ConditionChanged(any.uuid())));
        } else if ((data.eventType & EventCalls.XID) != 0) {
            // The library's "not available" (0xFFFFFFFF) is the port's NO_INSTANCE, both are -1.
            known.add(new GpuEvent.Xid(gpu.get(), data.eventData, data.gpuInstanceId, data.computeInstanceId));
        } else {
            known.add(new GpuEvent.ConditionChanged(gpu.get()));
        }
    }

    /** Identifies a GPU by the registered handle, which works even if it is lost; otherwise by its UUID. */
    private Optional<String> gpuOf(@Nullable Pointer device) {
        if (device == null) {
            return Optional.empty();
        }
        for (Map.Entry<String, Registration> entry : registered.entrySet()) {
            if (entry.getValue().device().equals(device)) {
                return Optional.of(entry.getKey());
            }
        }
        try {
            String uuid = thread.run(CALL, ALL_GPUS, wanted -> nvml.uuid(new Handle.Device(device)));
            return gpus.get().stream().map(NvmlGpu::uuid).filter(uuid::equals).findFirst();
        } catch (GpuException e) {
            LOG.log(Level.DEBUG, "the GPU of an event cannot be queried", e);
            return Optional.empty();
        }
    }

    private void free() {
        try {
            thread.run(CALL, ALL_GPUS, wanted -> {
                SharedEventSet last = set;
                if (last != null) {
                    set = null;
                    last.leave();
                }
                return calls;
            });
        } catch (GpuException e) {
            LOG.log(Level.DEBUG, "a set of events cannot be freed", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        free();
        thread.close();
        registrars.values().forEach(NvmlThread::close);
    }

    boolean isClosed() {
        return closed;
    }

    /** After {@link #close}, waits a bounded time; returns whether no native call is left in progress. */
    boolean awaitEnd() throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        boolean ended = thread.awaitEnd(timeout);
        for (NvmlThread registrar : registrars.values()) {
            ended &= registrar.awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        }
        return ended;
    }
}
