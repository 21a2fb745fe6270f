package io.migpool.deviceplugin.migmanager;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The GPU Operator's clients, found by the labels of their pods, and the services of the host. */
final class ClusterGpuClients implements GpuClients {

    private static final System.Logger LOG = System.getLogger(ClusterGpuClients.class.getName());

    /** Value of the label {@code app} on a client's pods, by client. */
    private static final Map<String, String> APPS = Map.of(
            "device-plugin", "nvidia-device-plugin-daemonset",
            "gpu-feature-discovery", "gpu-feature-discovery",
            "dcgm-exporter", "nvidia-dcgm-exporter",
            "dcgm", "nvidia-dcgm");

    /** Pods with which the GPU Operator validates a node; they use a GPU until they end. */
    private static final Set<String> TRIALS = Set.of("nvidia-cuda-validator", "nvidia-device-plugin-validator");

    /** The pod that creates those; a new one creates new ones. */
    private static final String VALIDATOR = "nvidia-operator-validator";

    private static final String OTHERS = "client";
    private static final String OTHERS_SELECTOR = "nvidia.com/gpu.deploy.client";

    private final NodePods pods;
    private final HostServices services;

    ClusterGpuClients(NodePods pods, HostServices services) {
        this.pods = pods;
        this.services = services;
    }

    @Override
    public List<String> pods(Set<String> paused) throws UnreachableException {
        if (paused.isEmpty()) {
            return List.of();
        }
        List<Pod> trials =
                pods.living().stream().filter(pod -> TRIALS.contains(app(pod))).toList();
        pods.evict(trials, "the GPUs of its node are being repartitioned")
                .forEach(obstacle -> LOG.log(Level.WARNING, obstacle));
        return Stream.concat(trials.stream(), pods.living().stream().filter(pod -> paused.stream()
                        .anyMatch(client -> belongsTo(client, pod))))
                .map(NodePods::name)
                .distinct()
                .sorted()
                .toList();
    }

    @Override
    public void checkAgain() throws UnreachableException {
        List<Pod> validators =
                pods.living().stream().filter(pod -> VALIDATOR.equals(app(pod))).toList();
        pods.restart(validators, "the GPUs of its node were repartitioned and must be validated again")
                .forEach(obstacle -> LOG.log(Level.WARNING, obstacle));
    }

    private static boolean belongsTo(String client, Pod pod) {
        if (client.equals(OTHERS)) {
            return Optional.ofNullable(pod.getSpec().getNodeSelector())
                    .filter(selector -> selector.containsKey(OTHERS_SELECTOR))
                    .isPresent();
        }
        return app(pod).equals(APPS.get(client));
    }

    private static String app(Pod pod) {
        return Optional.ofNullable(pod.getMetadata().getLabels())
                .map(labels -> labels.get("app"))
                .orElse("");
    }

    @Override
    public List<Service> services() throws UnreachableException, MigSpecException {
        return services.toStop();
    }

    @Override
    public void stop(List<String> names) throws UnreachableException {
        services.stop(names);
    }

    @Override
    public Map<String, String> start(List<String> names) {
        return services.start(names);
    }
}
