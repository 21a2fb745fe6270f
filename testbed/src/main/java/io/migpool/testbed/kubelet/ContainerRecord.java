package io.migpool.testbed.kubelet;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A container of one pod through all its starts. Confined to the thread of its pod's worker. */
final class ContainerRecord {

    private final ContainerPlan plan;
    private ContainerState state;
    private Optional<ContainerState.Exited> lastExit = Optional.empty();
    private int restarts;
    private int backOffs;
    private Instant notBefore = Instant.MIN;
    private boolean stopping;

    ContainerRecord(ContainerPlan plan) {
        this.plan = plan;
        this.state = created(plan);
    }

    private static ContainerState created(ContainerPlan plan) {
        var reason = plan.kind() == ContainerPlan.Kind.APP ? "ContainerCreating" : "PodInitializing";
        return new ContainerState.Waiting(reason, "");
    }

    ContainerPlan plan() {
        return plan;
    }

    ContainerState state() {
        return state;
    }

    Optional<ContainerState.Exited> lastExit() {
        return lastExit;
    }

    int restarts() {
        return restarts;
    }

    /**
     * Counts one more back-off.
     *
     * @param forgiven how long a container has to run for its earlier back-offs to be forgotten
     * @return how many came before it
     */
    int backsOff(Duration forgiven) {
        var ran = lastExit.map(last ->
                Duration.between(last.container().startedAt(), last.exit().at()));
        if (ran.filter(time -> time.compareTo(forgiven) > 0).isPresent()) {
            backOffs = 0;
        }
        return backOffs++;
    }

    /** Forgets the back-offs, as a kubelet that restarts does. */
    void forgetBackOffs() {
        backOffs = 0;
        notBefore = Instant.MIN;
    }

    boolean isRunning() {
        return state instanceof ContainerState.Running;
    }

    boolean succeeded() {
        return state instanceof ContainerState.Exited exited && exited.exit().code() == 0;
    }

    boolean isDue(Instant now) {
        return !now.isBefore(notBefore);
    }

    /** Makes a start due, then or, with {@link Instant#MIN}, immediately. */
    void notBefore(Instant instant) {
        notBefore = instant;
    }

    void started(ContainerProcess process) {
        if (lastExit.isPresent()) {
            restarts++;
        }
        state = new ContainerState.Running(process);
        stopping = false;
    }

    void waits(String reason, String message) {
        state = new ContainerState.Waiting(reason, message);
    }

    /** Records the end of the process; returns whether it ended since the last check. */
    boolean observeExit() {
        if (state instanceof ContainerState.Running running) {
            var exit = running.process().exit();
            if (exit.isPresent()) {
                var exited = new ContainerState.Exited(running.process().container(), exit.get());
                state = exited;
                lastExit = Optional.of(exited);
                return true;
            }
        }
        return false;
    }

    /** Starts over, as after a reboot; keeps the number of restarts. */
    void startOver() {
        state = created(plan);
        notBefore = Instant.MIN;
    }

    /** Returns true once; the caller then has to stop the process. */
    boolean markStopping() {
        var first = !stopping;
        stopping = true;
        return first;
    }
}
