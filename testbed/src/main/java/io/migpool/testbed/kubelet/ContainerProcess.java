package io.migpool.testbed.kubelet;

import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One start of a container: its identity, and how it ended once it has. */
final class ContainerProcess {

    private final RunningContainer container;
    private final ContainerPlan.Kind kind;
    private final Runnable onExit;
    private final AtomicReference<@Nullable Exit> exit = new AtomicReference<>();

    ContainerProcess(RunningContainer container, ContainerPlan.Kind kind, Runnable onExit) {
        this.container = container;
        this.kind = kind;
        this.onExit = onExit;
    }

    /**
     * How a process ended.
     *
     * @param code exit code, 137 when it was killed
     * @param at when
     */
    record Exit(int code, Instant at) {

        String reason() {
            return code == 0 ? "Completed" : "Error";
        }
    }

    RunningContainer container() {
        return container;
    }

    ContainerPlan.Kind kind() {
        return kind;
    }

    Optional<Exit> exit() {
        return Optional.ofNullable(exit.get());
    }

    void ended(Exit how) {
        if (exit.compareAndSet(null, how)) {
            onExit.run();
        }
    }
}
