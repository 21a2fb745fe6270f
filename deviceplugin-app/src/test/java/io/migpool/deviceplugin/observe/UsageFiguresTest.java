package io.migpool.deviceplugin.observe;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.AgentRig;
import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.sharing.RegionImage;
import io.migpool.deviceplugin.sharing.SharedRegions;
import io.migpool.deviceplugin.sharing.SharingDirectories;
import io.migpool.deviceplugin.simulated.MachineSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is used, under the names and labels that dashboards expect. */
class UsageFiguresTest {

    private static final double MIB = 1 << 20;
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_030);

    @TempDir
    Path directory;

    private final MeterRegistry registry = new SimpleMeterRegistry();
    private @Nullable AgentRig rig;
    private @Nullable GpuDriver driver;
    private @Nullable UsageLooks looks;

    @AfterEach
    void stopNode() {
        if (looks != null) {
            looks.close();
        }
        if (driver != null) {
            driver.close();
        }
        if (rig != null) {
            rig.close();
        }
    }

    private AgentRig start(MachineSpec spec, GpuMode mode, boolean legacy) throws Exception {
        AgentRig node = AgentRig.started(directory, spec, mode);
        rig = node;
        GpuDriver own = node.machine.openDriver();
        driver = own;
        UsageLooks started = new UsageLooks(
                own,
                node.pool(),
                new SharedRegions(SharingDirectories.under(directory.resolve("hook"))),
                new UsageFigures(registry, ReservedPod.NODE, legacy, () -> NOW)::show,
                Duration.ofMillis(50));
        looks = started;
        started.start();
        return node;
    }

    /** Values of a series by its labels, in the order of their names. */
    private Map<String, Double> series(String name) {
        Map<String, Double> values = new TreeMap<>();
        for (Meter meter : registry.getMeters()) {
            if (meter.getId().getName().equals(name)) {
                values.put(
                        String.join(
                                " ",
                                meter.getId().getTags().stream()
                                        .map(UsageFiguresTest::text)
                                        .sorted()
                                        .toList()),
                        meter.measure().iterator().next().getValue());
            }
        }
        return values;
    }

    private static String text(Tag tag) {
        return tag.getKey() + "=" + tag.getValue();
    }

    @Test
    void aContainerWithAnInstanceHasItsMemoryUntilItsPodIsGone() throws Exception {
        AgentRig node = start(MachineSpec.of("NVIDIA A100-SXM4-80GB:2"), GpuMode.MIG, true);
        String gpu = node.gpu(1);
        node.cluster.add(ReservedPod.named("llm")
                .app("main", slice(gpu, "2g.20gb", 2, 2))
                .build());
        String mig = node.start("uid-llm", "main", "mp-000").getFirst();
        node.machine.startProcess(mig, 42, 3000);
        String container =
                "container=main device_uuid=%s namespace=default pod=llm vdevice_index=0 zone=vGPU".formatted(gpu);

        await().untilAsserted(() ->
                assertThat(series("hami_vgpu_memory_used_bytes")).isEqualTo(Map.of(container, 3000 * MIB)));
        assertThat(series("hami_container_device_memory_bytes")).isEqualTo(Map.of(container, 3000 * MIB));
        assertThat(series("hami_vgpu_memory_limit_bytes")).isEqualTo(Map.of(container, 19968 * MIB));
        assertThat(series("vGPU_device_memory_usage_in_bytes"))
                .isEqualTo(Map.of(
                        "ctrname=main deviceuuid=%s podname=llm podnamespace=default vdeviceid=0 zone=vGPU"
                                .formatted(gpu),
                        3000 * MIB));
        assertThat(series("MigInfo")).hasSize(1);
        String instanceId = Integer.toString(
                node.machine.snapshot().gpus().get(1).instances().getFirst().id());
        String instance = "device_index=1 device_uuid=%s gpu_instance_id=%s mig_uuid=%s node=node-a profile=2g.20gb"
                .formatted(gpu, instanceId, mig);
        assertThat(series("migpool_instance_memory_used_bytes")).isEqualTo(Map.of(instance, 3000 * MIB));
        assertThat(series("migpool_instance_processes")).isEqualTo(Map.of(instance, 1.0));

        node.machine.endProcess(42);
        node.cluster.delete("uid-llm");

        await().untilAsserted(
                        () -> assertThat(series("hami_vgpu_memory_used_bytes")).isEmpty());
        assertThat(series("hami_vgpu_memory_limit_bytes")).isEmpty();
        assertThat(series("migpool_instance_memory_used_bytes")).isEqualTo(Map.of(instance, 0.0));
    }

    @Test
    void anInstanceThatAnInitContainerUsesTooIsCountedOnce() throws Exception {
        AgentRig node = start(MachineSpec.of("NVIDIA A100-SXM4-80GB"), GpuMode.MIG, false);
        String gpu = node.gpu(0);
        node.cluster.add(ReservedPod.named("llm")
                .init("prepare", slice(gpu, "1g.10gb", 2, 1), slice(gpu, "1g.10gb", 3, 1))
                .app("main", slice(gpu, "1g.10gb", 2, 1))
                .build());
        node.kubelet.checkpoint("uid-llm", "main", "mp-000");
        node.start("uid-llm", "prepare", "mp-000", "mp-001");

        await().untilAsserted(
                        () -> assertThat(series("hami_vgpu_memory_limit_bytes").keySet())
                                .containsExactly(
                                        "container=main device_uuid=%s namespace=default pod=llm vdevice_index=0 zone=vGPU"
                                                .formatted(gpu),
                                        "container=prepare device_uuid=%s namespace=default pod=llm vdevice_index=1 zone=vGPU"
                                                .formatted(gpu)));
    }

    @Test
    void aContainerOnASharedGpuHasWhatItSaysAboutItselfUntilItsPodIsGone() throws Exception {
        AgentRig node = start(MachineSpec.of("NVIDIA L40S:2"), GpuMode.HAMI_CORE, true);
        String gpu = node.gpu(1);
        node.cluster.add(
                ReservedPod.named("shared").shared("main", gpu, 3000, 30).build());
        node.start("uid-shared", "main", "mp-000");
        String file = Path.of(node.environment("mp-000").get("CUDA_DEVICE_MEMORY_SHARED_CACHE"))
                .getFileName()
                .toString();
        RegionImage.version1()
                .gpus(gpu)
                .process(17, 12, 1, 20, 300, 4000, 50_000)
                .process(18, 30, 2, 30, 400, 5000, 60_000)
                .lastKernel(NOW.getEpochSecond() - 30)
                .writeTo(directory
                        .resolve("hook/vgpu/containers/uid-shared_main")
                        .resolve(file));
        String container =
                "container=main device_uuid=%s namespace=default pod=shared vdevice_index=0 zone=vGPU".formatted(gpu);
        String before = "deviceuuid=%s %%spodname=shared podnamespace=default vdeviceid=0 zone=vGPU".formatted(gpu);

        await().untilAsserted(() ->
                assertThat(series("hami_vgpu_memory_used_bytes")).isEqualTo(Map.of(container, 110_000.0)));
        assertThat(series("hami_vgpu_memory_limit_bytes")).isEqualTo(Map.of(container, 3000 * MIB));
        assertThat(series("hami_container_device_memory_bytes")).isEqualTo(Map.of(container, 110_000.0));
        assertThat(series("hami_container_device_utilization_ratio")).isEqualTo(Map.of(container, 42.0));
        assertThat(series("hami_container_last_kernel_elapsed_seconds")).isEqualTo(Map.of(container, 30.0));
        assertThat(series("hami_vgpu_memory_context_bytes")).isEqualTo(Map.of(container, 3.0));
        assertThat(series("hami_vgpu_memory_module_bytes")).isEqualTo(Map.of(container, 50.0));
        assertThat(series("hami_vgpu_memory_buffer_bytes")).isEqualTo(Map.of(container, 700.0));
        assertThat(series("vGPU_device_memory_usage_in_bytes"))
                .isEqualTo(Map.of("ctrname=main " + before.formatted(""), 110_000.0));
        assertThat(series("Device_last_kernel_of_container"))
                .isEqualTo(Map.of("ctrname=main " + before.formatted(""), 30.0));
        assertThat(series("Device_memory_desc_of_container"))
                .isEqualTo(Map.of(
                        "context=3 ctrname=main data=700 " + before.formatted("module=50 offset=9000 "), 110_000.0));

        node.cluster.delete("uid-shared");

        await().untilAsserted(() ->
                assertThat(series("hami_vgpu_memory_context_bytes")).isEmpty());
        assertThat(series("hami_container_last_kernel_elapsed_seconds")).isEmpty();
    }

    @Test
    void gpusHaveTheirMemoryAndUtilisationAndALostOneHasNone() throws Exception {
        AgentRig node = start(MachineSpec.of("NVIDIA L40S:2"), GpuMode.HAMI_CORE, false);
        node.machine.startProcess(node.gpu(0), 7, 500);
        List<String> devices = List.of(gpu(node, 0), gpu(node, 1));

        await().untilAsserted(() -> assertThat(series("hami_host_gpu_memory_used_bytes"))
                .isEqualTo(Map.of(
                        devices.get(0) + " node=node-a zone=vGPU",
                        500 * MIB,
                        devices.get(1) + " node=node-a zone=vGPU",
                        0.0)));
        assertThat(series("hami_host_gpu_utilization_ratio")).hasSize(2);
        assertThat(series("hami_host_gpu_memory_controller_utilization_ratio").keySet())
                .containsExactlyInAnyOrder(devices.get(0) + " zone=vGPU", devices.get(1) + " zone=vGPU");
        assertThat(series("migpool_gpu_processes"))
                .containsEntry("device_index=0 device_uuid=%s node=node-a".formatted(node.gpu(0)), 1.0);
        assertThat(series("HostGPUMemoryUsage")).isEmpty();

        node.machine.loseGpu(node.gpu(1));

        await().untilAsserted(() -> assertThat(
                        series("hami_host_gpu_memory_used_bytes").keySet())
                .containsExactly(devices.get(0) + " node=node-a zone=vGPU"));
    }

    @Test
    void aSharingContainerHasItsLimit() throws Exception {
        AgentRig node = start(MachineSpec.of("NVIDIA L40S"), GpuMode.HAMI_CORE, true);
        node.cluster.add(
                ReservedPod.named("part").shared("main", node.gpu(0), 4000, 30).build());
        node.start("uid-part", "main", "mp-000");

        await().untilAsserted(() -> assertThat(series("hami_vgpu_memory_limit_bytes"))
                .isEqualTo(Map.of(
                        "container=main device_uuid=%s namespace=default pod=part vdevice_index=0 zone=vGPU"
                                .formatted(node.gpu(0)),
                        4000 * MIB)));
        assertThat(series("hami_vgpu_memory_used_bytes")).isEmpty();
    }

    private static String gpu(AgentRig node, int index) throws Exception {
        return "device_index=%d device_type=NVIDIA-NVIDIA L40S device_uuid=%s".formatted(index, node.gpu(index));
    }
}
