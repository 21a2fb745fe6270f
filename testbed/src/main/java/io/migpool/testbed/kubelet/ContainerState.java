package io.migpool.testbed.kubelet;

/** State of a container of an admitted pod. */
sealed interface ContainerState {

    /**
     * It is not running, but should be.
     *
     * @param reason as in a container status
     * @param message what prevents it, may be empty
     */
    record Waiting(String reason, String message) implements ContainerState {}

    /** Its process runs. */
    record Running(ContainerProcess process) implements ContainerState {}

    /** Its process has ended and is not to be restarted at present. */
    record Exited(RunningContainer container, ContainerProcess.Exit exit) implements ContainerState {}
}
