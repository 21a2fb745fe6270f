package io.migpool.testbed.controlplane;

import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** A running API server, which can start schedulers. Closing stops the API server; schedulers are closed separately. */
public sealed interface ControlPlane extends AutoCloseable permits EmbeddedControlPlane, KubernetesControlPlane {

    /** Name of the variable with the directory of the programs. */
    String ASSETS_VARIABLE = "KUBEBUILDER_ASSETS";

    /**
     * Starts the real thing if {@value #ASSETS_VARIABLE} names a directory with {@code etcd} and {@code kube-apiserver}, otherwise
     * the double.
     *
     * @param environment variables, as of {@link System#getenv()}
     * @param directory directory for the processes' data, logs and keys; created if absent
     * @throws IOException if a process does not start or is not ready in time; has the end of its output
     * @throws IllegalArgumentException if the variable names a directory without the programs
     */
    static ControlPlane start(Map<String, String> environment, Path directory)
            throws IOException, InterruptedException {
        Optional<Programs> programs = Programs.in(environment);
        return programs.isPresent()
                ? KubernetesControlPlane.start(programs.get(), directory)
                : embedded(ApiServerOptions.defaults());
    }

    /** Starts the double, whatever is installed. */
    static ControlPlane embedded(ApiServerOptions options) {
        return new EmbeddedControlPlane(ApiServer.start(options));
    }

    /** Returns one line that says which one this is. */
    String description();

    /** Returns a kubeconfig (YAML) for the administrator. */
    String kubeconfig();

    /** Returns a kubeconfig (YAML) with this token. */
    String kubeconfig(String namespace, String token);

    /** Returns the double, for injecting faults and inspecting requests; empty for the real thing. */
    Optional<ApiServer> apiServerDouble();

    /**
     * Makes the store forget all states before a revision, which must be that of a resourceVersion so far.
     *
     * @throws IOException if it refuses
     */
    void compact(long revision) throws IOException, InterruptedException;

    /**
     * Starts a scheduler with one extender: kube-scheduler where there is one, otherwise the stand-in.
     *
     * @throws IOException if it does not start or is not ready in time
     */
    RunningScheduler startScheduler(SchedulerSetup setup) throws IOException, InterruptedException;

    @Override
    void close() throws IOException;
}
