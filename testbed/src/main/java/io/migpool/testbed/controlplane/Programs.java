package io.migpool.testbed.controlplane;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The programs of a control plane.
 *
 * @param etcd the store
 * @param kubeScheduler the scheduler, if there is one; envtest's archives have none
 */
record Programs(Path etcd, Path kubeApiServer, Optional<Path> kubeScheduler) {

    /**
     * Returns the programs in the directory that {@value ControlPlane#ASSETS_VARIABLE} names; empty if it is not set.
     *
     * @throws IllegalArgumentException if etcd or kube-apiserver is missing
     */
    static Optional<Programs> in(Map<String, String> environment) {
        String name = environment.getOrDefault(ControlPlane.ASSETS_VARIABLE, "");
        if (name.isBlank()) {
            return Optional.empty();
        }
        Path directory = Path.of(name).toAbsolutePath();
        return Optional.of(new Programs(
                required(directory, "etcd"),
                required(directory, "kube-apiserver"),
                Optional.of(directory.resolve("kube-scheduler")).filter(Files::isExecutable)));
    }

    private static Path required(Path directory, String program) {
        Path path = directory.resolve(program);
        if (!Files.isExecutable(path)) {
            throw new IllegalArgumentException(
                    "%s is %s, which has no executable %s; put etcd and kube-apiserver there (kube-scheduler is optional), or unset it"
                            .formatted(ControlPlane.ASSETS_VARIABLE, directory, program));
        }
        return path;
    }
}
