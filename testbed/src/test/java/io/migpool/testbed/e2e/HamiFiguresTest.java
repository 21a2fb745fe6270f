package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.migpool.testbed.cluster.EmbeddedCluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The metrics that HAMi's dashboards query, as served: those of 2.10 and from before 2.9, with their labels.
 * Utilisation of containers is not among them, because no container computes here.
 */
@ExtendWith(SharedCluster.class)
class HamiFiguresTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Pattern SAMPLE = Pattern.compile("(?m)^(\\w+)(?:\\{(.*)})? [^ ]+$");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"(?:[^\"\\\\]|\\\\.)*\"");

    /** Of HAMi's scheduler: {@code cmd/scheduler/metrics.go}. */
    private static final Map<String, String> EXTENDER = Map.ofEntries(
            Map.entry("hami_build_info", "build_date compiler go_version platform revision version"),
            Map.entry("hami_gpu_memory_limit_bytes", "device_index device_type device_uuid node zone"),
            Map.entry("hami_gpu_core_limit_ratio", "device_index device_type device_uuid node zone"),
            Map.entry("hami_gpu_memory_allocated_bytes", "device_cores device_index device_type device_uuid node zone"),
            Map.entry("hami_gpu_shared_count", "device_index device_type device_uuid node zone"),
            Map.entry("hami_gpu_core_allocated_ratio", "device_index device_type device_uuid node zone"),
            Map.entry(
                    "hami_node_gpu_overview",
                    "device_cores device_index device_memory_limit device_type device_uuid node zone"),
            Map.entry("hami_node_gpu_memory_allocated_ratio", "device_index device_type device_uuid node zone"),
            Map.entry(
                    "hami_node_gpu_mig_instance_info",
                    "compute_instance_id device_index device_uuid gpu_instance_id mig_uuid node placement_size"
                            + " placement_start profile zone"),
            Map.entry("hami_resource_quota_used", "limit namespace quota_name zone"),
            Map.entry("hami_resource_quota_limit", "namespace quota_name zone"),
            Map.entry("hami_vgpu_memory_allocated_bytes", "container_index device_uuid namespace node pod zone"),
            Map.entry("hami_vgpu_core_allocated_ratio", "container_index device_uuid namespace node pod zone"),
            Map.entry("GPUDeviceMemoryLimit", "deviceidx devicetype deviceuuid nodeid zone"),
            Map.entry("GPUDeviceCoreLimit", "deviceidx devicetype deviceuuid nodeid zone"),
            Map.entry("GPUDeviceSharedNum", "deviceidx devicetype deviceuuid nodeid zone"),
            Map.entry("GPUDeviceCoreAllocated", "deviceidx devicetype deviceuuid nodeid zone"),
            Map.entry("GPUDeviceMemoryAllocated", "devicecores deviceidx devicetype deviceuuid nodeid zone"),
            Map.entry("nodeGPUOverview", "devicecores deviceidx devicememorylimit devicetype deviceuuid nodeid zone"),
            Map.entry("nodeGPUMemoryPercentage", "deviceidx deviceuuid nodeid zone"),
            Map.entry("nodeGPUMigInstance", "deviceidx deviceuuid migname nodeid zone"),
            Map.entry("vGPUMemoryAllocated", "containeridx deviceuuid nodename podname podnamespace zone"),
            Map.entry("vGPUCoreAllocated", "containeridx deviceuuid nodename podname podnamespace zone"),
            Map.entry("QuotaUsed", "limit quotaName quotanamespace zone"));

    /** Of HAMi's monitor: {@code cmd/vGPUmonitor/metrics.go}. */
    private static final Map<String, String> AGENT = Map.ofEntries(
            Map.entry("hami_host_gpu_memory_used_bytes", "device_index device_type device_uuid node zone"),
            Map.entry("hami_host_gpu_utilization_ratio", "device_index device_type device_uuid node zone"),
            Map.entry("hami_host_gpu_memory_controller_utilization_ratio", "device_index device_type device_uuid zone"),
            Map.entry("hami_vgpu_memory_used_bytes", "container device_uuid namespace pod vdevice_index zone"),
            Map.entry("hami_vgpu_memory_limit_bytes", "container device_uuid namespace pod vdevice_index zone"),
            Map.entry("hami_container_device_memory_bytes", "container device_uuid namespace pod vdevice_index zone"),
            Map.entry(
                    "hami_mig_device_info",
                    "compute_instance_id container device_uuid gpu_instance_id mig_uuid namespace pod profile"
                            + " vdevice_index zone"),
            Map.entry("HostGPUMemoryUsage", "deviceidx devicetype deviceuuid nodeid zone"),
            Map.entry("HostCoreUtilization", "deviceidx devicetype deviceuuid nodeid zone"),
            Map.entry("vGPU_device_memory_usage_in_bytes", "ctrname deviceuuid podname podnamespace vdeviceid zone"),
            Map.entry("vGPU_device_memory_limit_in_bytes", "ctrname deviceuuid podname podnamespace vdeviceid zone"),
            Map.entry("MigInfo", "ctrname deviceuuid instanceid podname podnamespace vdeviceid zone"));

    @Test
    void figuresOfHamiAreServedWithTheirLabels(Workload workload) {
        EmbeddedCluster cluster = workload.cluster();
        var _ = cluster.client()
                .resource(new ResourceQuotaBuilder()
                        .withNewMetadata()
                        .withName("gpus")
                        .withNamespace(workload.namespace())
                        .endMetadata()
                        .withNewSpec()
                        .withHard(Map.of("limits.nvidia.com/gpumem", Quantity.parse("40Gi")))
                        .endSpec()
                        .build())
                .create();
        workload.run(GpuPod.named("llm").on(SharedCluster.SINGLE_NODE).container("main", "gpu", "1", "gpumem", "8000"));

        await("all figures").atMost(SOON).untilAsserted(() -> {
            assertThat(served(cluster.extender().port("admin"))).containsAllEntriesOf(EXTENDER);
            Map<String, String> agents =
                    served(cluster.node(SharedCluster.SINGLE_NODE).agent().port());
            // A GPU in MIG mode does not report its utilisation.
            agents.putAll(served(cluster.node(SharedCluster.CORE_NODE).agent().port()));
            assertThat(agents).containsAllEntriesOf(AGENT);
        });
    }

    /** Returns the label names of each metric, sorted; if samples differ in them, all variants. */
    private static Map<String, String> served(int port) throws IOException, InterruptedException {
        Map<String, TreeSet<String>> labels = new TreeMap<>();
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                    .header("Accept", "text/plain")
                    .timeout(SOON)
                    .build();
            Matcher samples = SAMPLE.matcher(
                    http.send(request, HttpResponse.BodyHandlers.ofString()).body());
            while (samples.find()) {
                labels.computeIfAbsent(samples.group(1), figure -> new TreeSet<>())
                        .add(names(samples.group(2) == null ? "" : samples.group(2)));
            }
        }
        return labels.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> String.join(" or ", entry.getValue()), (a, _) -> a, TreeMap::new));
    }

    private static String names(String labels) {
        return LABEL.matcher(labels)
                .results()
                .map(match -> match.group(1))
                .sorted()
                .collect(Collectors.joining(" "));
    }
}
