package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Polls the state, because another process may change the machine. */
final class SimulatedEvents implements GpuEvents {

    static final String CALL = "events";

    private static final String ALL_GPUS = "all GPUs";
    private static final long LOOK_INTERVAL_MILLIS = 200;

    private final StateStore store;
    private final BooleanSupplier driverClosed;
    private final CountDownLatch closed = new CountDownLatch(1);
    /** Number of the latest reported event, by GPU. */
    private final Map<String, Long> told = new HashMap<>();

    SimulatedEvents(StateStore store, BooleanSupplier driverClosed) throws GpuException {
        this.store = store;
        this.driverClosed = driverClosed;
        store.read().gpus().forEach(gpu -> told.put(gpu.uuid(), gpu.lastEvent()));
    }

    @Override
    public Optional<GpuEvent> next(Duration limit) throws GpuException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            if (driverClosed.getAsBoolean() || closed.getCount() == 0) {
                throw new GpuException(GpuErrorCode.INVALID_ARGUMENT, CALL, ALL_GPUS, "the driver is closed");
            }
            Optional<GpuEvent> event = untold();
            long left = deadline - System.nanoTime();
            if (event.isPresent() || left <= 0) {
                return event;
            }
            pause(Math.min(left, TimeUnit.MILLISECONDS.toNanos(LOOK_INTERVAL_MILLIS)));
        }
    }

    private void pause(long nanos) throws GpuException {
        try {
            if (closed.await(nanos, TimeUnit.NANOSECONDS)) {
                throw new GpuException(GpuErrorCode.INVALID_ARGUMENT, CALL, ALL_GPUS, "the driver is closed");
            }
        } catch (InterruptedException e) {
            throw StateAccess.interrupted("interrupted while waiting for events", e);
        }
    }

    private Optional<GpuEvent> untold() throws GpuException {
        for (GpuState gpu : store.read().gpus()) {
            long last = told.getOrDefault(gpu.uuid(), 0L);
            Optional<GpuState.Event> next =
                    gpu.events().stream().filter(event -> event.number() > last).findFirst();
            if (next.isPresent()) {
                told.put(gpu.uuid(), next.get().number());
                return Optional.of(next.get().describe(gpu.uuid()));
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
