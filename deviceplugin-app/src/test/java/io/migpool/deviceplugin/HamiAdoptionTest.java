package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.Reservation;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.observe.ContainerFigures;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pods that HAMi 2.10 placed, on a node that this agent has taken over. HAMi writes profile names of its own list,
 * kubelet knows them by HAMi's device ids.
 */
class HamiAdoptionTest {

    @TempDir
    Path directory;

    private AgentRig rig;
    private String gpu;

    @BeforeEach
    void startNode() throws Exception {
        rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB:2");
        gpu = rig.gpu(0);
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    @Test
    void aRunningPodKeepsItsInstanceAndTheNextOneHasItsPlace() throws Exception {
        rig.stopAgent();
        GpuInstance gi;
        ComputeInstance ci;
        try (GpuDriver hami = rig.machine.openDriver()) {
            GpuInstance whole = hami.createGpuInstance(gpu, MigProfile.parse("7g.80gb"), new Placement(0, 8));
            ci = hami.createComputeInstance(whole);
            gi = whole;
        }
        rig.cluster.add(placedByHami(
                "old",
                ",\"migUUID\":\"%s\",\"gpuInstanceID\":%d,\"computeInstanceID\":%d"
                        .formatted(ci.migUuid(), gi.id(), ci.id()),
                "success"));
        String device = gpu + "-3";
        rig.kubelet.checkpoint("uid-old", "main", device);

        rig.startAgent();
        rig.awaitRegistration();

        await().untilAsserted(() -> assertThat(instances()).singleElement().satisfies(instance -> {
            assertThat(instance.state()).isEqualTo(InstanceState.ACTIVE);
            assertThat(instance.pod()).contains("uid-old");
        }));
        assertThat(ContainerFigures.rows(rig.pool())).singleElement().satisfies(tags -> assertThat(
                        tags.stream().map(tag -> tag.getKey() + "=" + tag.getValue()))
                .contains("pod=old", "container=main", "mig_uuid=" + ci.migUuid(), "profile=7g.80gb"));
        assertThat(rig.restart(device)).containsExactly(ci.migUuid());
        assertThat(rig.instances(0)).containsExactly("7g.80gb at 0:8");

        rig.cluster.delete("uid-old");
        await().untilAsserted(
                        () -> assertThat(instances()).singleElement().satisfies(instance -> assertThat(instance.state())
                                .isEqualTo(InstanceState.IDLE)));
        rig.cluster.add(ReservedPod.named("new")
                .app("main", ReservedPod.slice(gpu, "1g.10gb", 2, 1))
                .build());
        rig.start("uid-new", "main", "mp-000");
        assertThat(rig.instances(0)).containsExactly("1g.10gb at 2:1");
    }

    @Test
    void aPodThatHamiOnlyReservedStartsAndIsToldItsInstance() throws Exception {
        rig.cluster.add(placedByHami("late", "", "allocating"));

        rig.start("uid-late", "main", "mp-000");

        assertThat(rig.cutFor("mp-000")).containsExactly("7g.80gb at 0:8");
        String uuid = rig.visible("mp-000").getFirst();
        await().untilAsserted(() -> {
            assertThat(annotations("late")).containsEntry(Annotations.BIND_PHASE, "success");
            assertThat(Optional.ofNullable(allocation("late").runtime()))
                    .hasValueSatisfying(runtime -> assertThat(runtime.migUuid()).isEqualTo(uuid));
        });
    }

    @Test
    void aPodThatHamiReservedIsMovedWhereItsPlaceIsTaken() throws Exception {
        try (GpuDriver somebody = rig.machine.openDriver()) {
            somebody.createComputeInstance(
                    somebody.createGpuInstance(gpu, MigProfile.parse("1g.10gb"), new Placement(0, 1)));
        }
        rig.cluster.add(placedByHami("moved", "", "allocating"));

        rig.start("uid-moved", "main", "mp-000");

        assertThat(rig.cutFor("mp-000")).containsExactly("7g.80gb at 0:8");
        assertThat(allocation("moved").gpuUuid()).isEqualTo(rig.gpu(1));
        assertThat(allocation("moved").profile()).isEqualTo(MigProfile.parse("7g.80gb"));
        assertThat(annotations("moved").get(Annotations.DEVICES_ALLOCATED)).contains(rig.gpu(1));
    }

    @Test
    void thePlaceOfAnOlderPodIsKeptAndItsContainerIsNotStartedWithAnotherInstance() throws Exception {
        rig.stopAgent();
        try (GpuDriver hami = rig.machine.openDriver()) {
            hami.createComputeInstance(hami.createGpuInstance(gpu, MigProfile.parse("1g.10gb"), new Placement(6, 1)));
        }
        rig.cluster.add(ReservedPod.named("older")
                .app("main", ReservedPod.slice(gpu, "1g.10gb", 6, 1))
                .annotated(Annotations.VGPU_NODE, ReservedPod.NODE)
                .annotated(Annotations.DEVICES_ALLOCATED, gpu + "[0-0],NVIDIA,9728,0:;")
                .annotated(Annotations.BIND_PHASE, "success")
                .withoutReservation());
        String device = gpu + "-3";
        rig.kubelet.checkpoint("uid-older", "main", device);

        rig.startAgent();
        rig.awaitRegistration();

        await().untilAsserted(
                        () -> assertThat(instances()).singleElement().satisfies(instance -> assertThat(instance.state())
                                .isEqualTo(InstanceState.FOREIGN)));
        assertThatThrownBy(() -> rig.restart(device)).hasMessageContaining("which instance of");
        assertThat(rig.instances(0)).containsExactly("1g.10gb at 6:1");
    }

    /** As HAMi's scheduler and device plugin leave it, for a whole A100 with 80 GB. */
    private Pod placedByHami(String name, String identity, String phase) {
        return ReservedPod.named(name)
                .app("main", ReservedPod.slice(gpu, "7g.79gb", 0, 8))
                .annotated(Annotations.VGPU_NODE, ReservedPod.NODE)
                .annotated(Annotations.VGPU_TIME, "1764374400")
                .annotated(Annotations.DEVICES_ALLOCATED, gpu + ",NVIDIA,80896,100:;")
                .annotated(Annotations.DEVICES_TO_ALLOCATE, phase.equals("success") ? ";" : gpu + ",NVIDIA,80896,100:;")
                .annotated(Annotations.MIG_ALLOCATIONS, """
                        [{"containerIndex":0,"deviceIndex":0,"gpuUUID":"%s","profile":"7g.79gb",\
                        "placement":{"start":0,"size":8}%s}]""".formatted(gpu, identity))
                .annotated(Annotations.BIND_PHASE, phase)
                .withoutReservation();
    }

    private List<MigInstance> instances() {
        return rig.pool().instances();
    }

    private Map<String, String> annotations(String pod) {
        return rig.cluster.pod("uid-" + pod).getMetadata().getAnnotations();
    }

    private MigAllocation allocation(String pod) throws Exception {
        return Reservation.fromAnnotations(annotations(pod))
                .orElseThrow()
                .migAllocations()
                .getFirst();
    }
}
