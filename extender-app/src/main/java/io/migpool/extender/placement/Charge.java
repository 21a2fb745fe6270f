package io.migpool.extender.placement;

import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.wire.Reservation;
import java.time.Instant;

/**
 * What a pod's devices count against its namespace's quota: what it gets, not what it asked for. An instance that several
 * containers use counts once. The compute of an instance is rounded down, so that what fits on one GPU fits a quota of one GPU's
 * compute; everywhere else it is rounded up.
 *
 * @param memoryMiB memory, in MiB
 * @param cores compute, in percent of a GPU
 */
public record Charge(long memoryMiB, long cores) {

    /** Nothing. */
    public static final Charge NONE = new Charge(0, 0);

    private static final int WHOLE_GPU_PERCENT = 100;

    /** The charge of a plan. */
    public static Charge of(Plan plan, PodDemand demand) {
        return of(plan.toReservation(Instant.EPOCH), demand.request());
    }

    /** The charge of a reservation whose containers match the request. */
    public static Charge of(Reservation reservation, PodGpuRequest request) {
        Charge sum = NONE;
        for (OccupiedDevice occupied : OccupiedDevice.of(reservation, request)) {
            sum = sum.plus(new Charge(occupied.device().memoryMiB(), cores(occupied)));
        }
        return sum;
    }

    /** A share that goes into the whole without a remainder (a quarter, a half) is taken to be exact. */
    private static int cores(OccupiedDevice occupied) {
        int cores = occupied.device().cores();
        boolean rounded =
                occupied.share() instanceof DeviceShare.Instance && cores > 0 && WHOLE_GPU_PERCENT % cores != 0;
        return rounded ? cores - 1 : cores;
    }

    /** The sum. */
    public Charge plus(Charge other) {
        return new Charge(memoryMiB + other.memoryMiB, cores + other.cores);
    }

    /** The difference. */
    public Charge minus(Charge other) {
        return new Charge(memoryMiB - other.memoryMiB, cores - other.cores);
    }
}
