package io.migpool.deviceplugin.instance;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An instance at one moment.
 *
 * @param driverState how much of it exists
 * @param podUid the pod that has it, or had it last while its processes remain; null in states without a pod
 * @param since when it entered this state; if containers of a removed pod may keep running, when they have ended at the
 *     latest
 * @param distrusted whether it had an error, so that no other pod gets it
 */
public record MigInstance(
        Slice slice,
        InstanceState state,
        DriverState driverState,
        @Nullable String podUid,
        Instant since,
        boolean distrusted) {

    public MigInstance {
        boolean ownedByPod = state == InstanceState.CREATING || state == InstanceState.ACTIVE;
        if (ownedByPod && podUid == null) {
            throw new IllegalArgumentException(slice + " is " + state + " without a pod; name the pod's uid");
        }
        if ((state == InstanceState.ACTIVE || state == InstanceState.IDLE)
                && !(driverState instanceof DriverState.Whole)) {
            throw new IllegalArgumentException(slice + " is " + state + " but not complete: " + driverState);
        }
    }

    /** Creates one without an error. */
    MigInstance(Slice slice, InstanceState state, DriverState driverState, @Nullable String podUid, Instant since) {
        this(slice, state, driverState, podUid, since, false);
    }

    /**
     * Returns the same instance in its next state.
     *
     * @throws IllegalStateException if the transition is illegal
     */
    MigInstance become(InstanceState next, @Nullable String pod, Instant now) {
        return become(next, driverState, pod, now);
    }

    MigInstance become(InstanceState next, DriverState nextState, @Nullable String pod, Instant now) {
        if (!state.mayBecome(next)) {
            throw new IllegalStateException(slice + " is " + state + " and cannot become " + next);
        }
        return new MigInstance(slice, next, nextState, pod, now, distrusted);
    }

    MigInstance withDriverState(DriverState other) {
        return new MigInstance(slice, state, other, podUid, since, distrusted);
    }

    /**
     * Returns the same instance with a time that is possible: one that lies further ahead comes from a clock that has
     * been wrong, or from a release that believed every grace period, and would block its place until then.
     */
    MigInstance plausible(Instant now) {
        Instant latest = state == InstanceState.QUARANTINED ? now.plus(LeavingClaim.LONGEST) : now;
        return since.isAfter(latest) ? new MigInstance(slice, state, driverState, podUid, latest, distrusted) : this;
    }

    /** Returns the same instance after an error. */
    MigInstance hit() {
        return new MigInstance(slice, state, driverState, podUid, since, true);
    }

    /** Returns the pod, if it has one. */
    public Optional<String> pod() {
        return Optional.ofNullable(podUid);
    }

    /** Returns whether the two cannot both exist. */
    boolean overlaps(MigInstance other) {
        return slice.gpuUuid().equals(other.slice.gpuUuid())
                && slice.placement().overlaps(other.slice.placement());
    }

    /** Returns whether anything of it exists, for this pod. */
    boolean isPartOf(String uid) {
        return belongsTo(uid) && driverState.instanceId().isPresent();
    }

    boolean belongsTo(String uid) {
        return uid.equals(podUid);
    }

    @Override
    public String toString() {
        return slice + " (" + state + pod().map(uid -> ", pod " + uid).orElse("") + ")";
    }
}
