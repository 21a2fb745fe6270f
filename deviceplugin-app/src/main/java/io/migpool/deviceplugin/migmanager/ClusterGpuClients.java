package io.migpool.deviceplugin.migmanager;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.deviceplugin.geometry.GpuClients;
import io.migpool.deviceplugin.geometry.UnreachableException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The GPU Operator's clients by the labels of their pods, and the services of the host. */
final class ClusterGpuClients implements GpuClients {

    /** Label {@code app} of a client's pods, by client. */
    private static final Map<String, String> APPS = Map.of(
            "device-plugin", "nvidia-device-plugin-daemonset",
            "gpu-feature-discovery", "gpu-feature-discovery",
            "dcgm-exporter", "nvidia-dcgm-exporter",
            "dcgm", "nvidia-dcgm");

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
        return paused.isEmpty()
                ? List.of()
                : pods.living().stream()
                        .filter(pod -> paused.stream().anyMatch(client -> belongsTo(client, pod)))
                        .map(NodePods::name)
                        .sorted()
                        .toList();
    }

    private static boolean belongsTo(String client, Pod pod) {
        if (client.equals(OTHERS)) {
            return Optional.ofNullable(pod.getSpec().getNodeSelector())
                    .filter(selector -> selector.containsKey(OTHERS_SELECTOR))
                    .isPresent();
        }
        return Optional.ofNullable(pod.getMetadata().getLabels())
                .map(labels -> labels.get("app"))
                .filter(app -> app.equals(APPS.get(client)))
                .isPresent();
    }

    @Override
    public List<String> services() throws UnreachableException {
        return services.toStop();
    }

    @Override
    public void stop(List<String> names) throws UnreachableException {
        services.stop(names);
    }

    @Override
    public void start(List<String> names) throws UnreachableException {
        services.start(names);
    }
}
