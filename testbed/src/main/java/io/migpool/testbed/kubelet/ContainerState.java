package io.migpool.testbed.kubelet;

/** Where a container of an admitted pod stands. */
sealed interface ContainerState {

    /**
     * It does not run, but should.
     *
     * @param reason as in a container status
     * @param message what hinders it, may be empty
     */
    record Waiting(String reason, String message) implements ContainerState {}

    /** Its process runs. */
    record Running(ContainerProcess process) implements ContainerState {}

    /** Its process has ended and is not started again as things are. */
    record Exited(RunningContainer container, ContainerProcess.Exit exit) implements ContainerState {}
}
