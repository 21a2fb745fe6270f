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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One event set for all GPUs, awaited on a thread of its own. A GPU whose MIG mode has changed is registered again,
 * because the change may have invalidated its handle; one that cannot be registered is retried later and does not
 * affect the others. The set waits once, when it is created, for a GPU that does not respond; after that its answer is
 * used when it arrives.
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

    private final Deque<GpuEvent> known = new ArrayDeque<>();
    private final Duration lookInterval;
    private long lookedAt;
    private volatile boolean closed;
    /** Created and freed on the thread, so that none is created after the last one was freed. */
    private volatile Handle.@Nullable EventSet set;

    /** How a GPU was registered. */
    private record Registration(Pointer device, boolean migEnabled) {}

    /**
     * Listens to these GPUs.
     *
     * @param gpus the GPUs at any time; one that comes is listened to from the next check on
     * @param timeout limit of a native call in addition to the requested wait
     * @param lookInterval time between checks that all GPUs are registered in their present mode
     * @throws GpuException if none of them can be registered
     */
    NvmlEvents(NvmlSession session, Supplier<List<NvmlGpu>> gpus, Duration timeout, Duration lookInterval)
            throws GpuException {
        this.calls = session.events();
        this.nvml = session.nvml();
        this.gpus = gpus;
        this.timeout = timeout;
        this.lookInterval = lookInterval;
        this.thread = new NvmlThread("nvml-events", timeout.plus(LONGEST_WAIT));
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
            Handle.EventSet present = registered(System.nanoTime());
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
    private Optional<EventData> await(Handle.EventSet present, int millis) throws GpuException {
        try {
            return thread.run(CALL, ALL_GPUS, wanted -> {
                requireUnfreed(present);
                return calls.await(present, millis);
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
    private Handle.EventSet registered(long now) throws GpuException {
        Handle.EventSet present = set;
        if (present == null) {
            present = thread.run(CALL, ALL_GPUS, wanted -> create());
            registered.clear();
            List<CompletableFuture<NvmlGpu.Presence>> begun = beginLooks(now);
            do {
                take(present);
            } while (awaitOne(begun, now));
        } else if (now - lookedAt >= lookInterval.toNanos()) {
            var _ = beginLooks(now);
        }
        take(present);
        if (registered.isEmpty()) {
            free();
            throw new GpuException(
                    GpuErrorCode.NOT_SUPPORTED, CALL, ALL_GPUS, "the driver reports events for none of the GPUs");
        }
        return present;
    }

    private Handle.EventSet create() throws NvmlException, GpuException {
        if (closed) {
            throw NvmlThread.closed(CALL, ALL_GPUS);
        }
        Handle.EventSet made = calls.create();
        set = made;
        return made;
    }

    /** Queries the GPUs without a pending query. */
    private List<CompletableFuture<NvmlGpu.Presence>> beginLooks(long now) {
        lookedAt = now;
        List<CompletableFuture<NvmlGpu.Presence>> begun = new ArrayList<>();
        for (NvmlGpu gpu : gpus.get()) {
            if (!looks.containsKey(gpu.uuid())) {
                try {
                    CompletableFuture<NvmlGpu.Presence> look = gpu.presence(CALL);
                    looks.put(gpu.uuid(), look);
                    begun.add(look);
                } catch (GpuException e) {
                    LOG.log(Level.DEBUG, "a GPU cannot be queried at present", e);
                }
            }
        }
        return begun;
    }

    /** Waits for one answer; returns whether there was anything to wait for. */
    private boolean awaitOne(List<CompletableFuture<NvmlGpu.Presence>> begun, long since) throws GpuException {
        List<CompletableFuture<NvmlGpu.Presence>> open =
                begun.stream().filter(look -> !look.isDone()).toList();
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

    /** Registers the GPUs that have answered. */
    private void take(Handle.EventSet present) {
        for (NvmlGpu gpu : gpus.get()) {
            CompletableFuture<NvmlGpu.Presence> look = looks.get(gpu.uuid());
            if (look != null && look.isDone()) {
                looks.remove(gpu.uuid());
                try {
                    register(gpu, look.join(), present);
                } catch (GpuException | CompletionException e) {
                    LOG.log(Level.DEBUG, "a GPU cannot be registered for events at present", e);
                }
            }
        }
    }

    private void register(NvmlGpu gpu, NvmlGpu.Presence now, Handle.EventSet present) throws GpuException {
        Registration before = registered.get(gpu.uuid());
        if (before == null || before.migEnabled() != now.mode().enabled()) {
            thread.run(CALL, gpu.uuid(), wanted -> {
                requireUnfreed(present);
                calls.register(now.device(), present);
                return present;
            });
            registered.put(
                    gpu.uuid(),
                    new Registration(now.device().pointer(), now.mode().enabled()));
        }
    }

    /** Runs on the thread: another thread may have closed and freed the set while this was waiting. */
    private void requireUnfreed(Handle.EventSet present) throws GpuException {
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
                Handle.EventSet last = set;
                if (last != null) {
                    set = null;
                    calls.free(last);
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
    }

    /** After {@link #close}, returns whether no native call is left in progress. */
    boolean awaitEnd() throws InterruptedException {
        return thread.awaitEnd(timeout);
    }
}
