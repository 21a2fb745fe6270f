package io.migpool.extender.pool;

import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.wire.Reservation;

/**
 * What a pod's devices count against its namespace's quota: what it gets, not what it asked for. An instance that several
 * containers use counts once.
 *
 * @param memoryMiB memory, in MiB
 * @param cores compute, in percent of a GPU
 */
public record Charge(long memoryMiB, long cores) {

    /** No charge. */
    public static final Charge NONE = new Charge(0, 0);

    /** Returns the charge of an instance. */
    public static Charge of(ProfileCapability profile) {
        return new Charge(profile.memoryMiB(), ProfileCapability.chargedPercent(profile.corePercent()));
    }

    /** Returns the charge of a reservation whose containers match the request. */
    public static Charge of(Reservation reservation, PodGpuRequest request) {
        Charge sum = NONE;
        for (OccupiedDevice occupied : OccupiedDevice.of(reservation, request)) {
            sum = sum.plus(new Charge(occupied.device().memoryMiB(), cores(occupied)));
        }
        return sum;
    }

    private static int cores(OccupiedDevice occupied) {
        int cores = occupied.device().cores();
        return occupied.part() instanceof DevicePart.MigSlice ? ProfileCapability.chargedPercent(cores) : cores;
    }

    public Charge plus(Charge other) {
        return new Charge(memoryMiB + other.memoryMiB, cores + other.cores);
    }

    public Charge minus(Charge other) {
        return new Charge(memoryMiB - other.memoryMiB, cores - other.cores);
    }
}
