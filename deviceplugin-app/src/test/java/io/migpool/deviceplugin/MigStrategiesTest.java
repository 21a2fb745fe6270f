package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.migpool.contracts.kubelet.deviceplugin.Device;
import io.migpool.contracts.kubelet.podresources.AllocatableResourcesRequest;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What kubelet is offered of label-driven GPUs by the strategies of NVIDIA's device plugin, beside the pool. */
class MigStrategiesTest extends LabelDrivenNode {

    private static final String GPU = "nvidia.com/gpu";
    private static final String SMALL = "nvidia.com/mig-1g.10gb";
    private static final String HALF = "nvidia.com/mig-3g.40gb";

    MigStrategiesTest() {
        super("NVIDIA H100 80GB HBM3");
    }

    private List<String> healthy(String resource) {
        return rig.kubelet.devices(resource).stream()
                .filter(device -> device.getHealth().equals("Healthy"))
                .map(Device::getID)
                .toList();
    }

    private void awaitHealthy(String resource, int count) {
        await(count + " healthy of " + resource).atMost(LONGEST).untilAsserted(() -> assertThat(healthy(resource))
                .hasSize(count));
    }

    /** What kubelet does to admit a pod and to start its container; the device that the container sees. */
    private String run(String pod, String resource) throws Exception {
        String uuid = healthy(resource).getFirst();
        rig.kubelet.allocateOf(resource, uuid);
        rig.kubelet.podResourcesOf(resource, "team", pod, "main", uuid);
        rig.kubelet.preStartOf(resource, uuid);
        assertThat(rig.visible(uuid)).containsExactly(uuid);
        return uuid;
    }

    @Test
    void mixedOffersEachProfileBesideThePoolAndFollowsEveryChange() throws Exception {
        configure(SECOND, "mixed");
        follow("all-balanced");

        awaitHealthy(SMALL, 2);
        awaitHealthy("nvidia.com/mig-2g.20gb", 1);
        awaitHealthy(HALF, 1);
        assertThat(rig.kubelet.devices()).hasSize(7).allMatch(device -> device.getID()
                .startsWith("mp-"));
        assertThat(rig.kubelet.devices(SMALL))
                .allMatch(
                        device -> device.getTopology().getNodesList().getFirst().getID() == 0);

        follow("all-1g.10gb");

        awaitHealthy(SMALL, 7);
        await("gone profiles are gone").atMost(LONGEST).untilAsserted(() -> assertThat(rig.kubelet.resources())
                .containsExactlyInAnyOrder(GPU, SMALL));
        rig.cluster.add(ReservedPod.named("pooled")
                .app("main", slice(rig.gpu(0), "1g.10gb", 0, 1))
                .build());
        assertThat(rig.start("uid-pooled", "main", "mp-000")).hasSize(1);
    }

    @Test
    void aChangeWaitsForAPodAndMeanwhileNoOtherComesInItsWay() throws Exception {
        configure(SECOND, "mixed");
        follow("all-1g.10gb");
        awaitHealthy(SMALL, 7);
        String uuid = run("train", SMALL);

        label("all-7g.80gb");

        awaitState("pending");
        await("only the pod's own device is offered").atMost(LONGEST).untilAsserted(() -> assertThat(healthy(SMALL))
                .containsExactly(uuid));
        awaitTold("pod team/train");
        assertThat(rig.instances(1)).hasSize(7);
        rig.kubelet.preStartOf(SMALL, uuid);

        rig.kubelet.forgetPodResources("train");
        awaitHealthy("nvidia.com/mig-7g.80gb", 1);
        assertThatThrownBy(() -> rig.kubelet.preStartOf("nvidia.com/mig-7g.80gb", uuid))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("were repartitioned");
        await("its CDI file is gone")
                .atMost(LONGEST)
                .until(() -> !rig.cdiFile(uuid).toFile().exists());
    }

    @Test
    void aDeviceGivenJustNowCountsAlthoughKubeletDoesNotTellOfItYet() throws Exception {
        configure(SECOND, "mixed");
        follow("all-1g.10gb");
        awaitHealthy(SMALL, 7);
        String uuid = healthy(SMALL).getFirst();
        rig.kubelet.allocateOf(SMALL, uuid);

        label("all-7g.80gb");

        awaitTold("MigConfigWaits", uuid);
        rig.kubelet.podResourcesOf(SMALL, "team", "late", "main", uuid);
        awaitTold("MigConfigWaits", "pod team/late");
        assertThat(rig.instances(1)).hasSize(7);
        rig.kubelet.forgetPodResources("late");
        awaitState("success");
    }

    @Test
    void singleTakesTheNameOfTheCountResourceWhereThePoolHasNothing() throws Exception {
        configure("true", "single");
        follow("all-1g.10gb");

        awaitHealthy(GPU, 14);
        awaitTold("MigDevicesAsCount", "hami.io/webhook: ignore");
        assertThat(healthy(GPU)).allMatch(id -> id.startsWith("MIG-"));
        assertThat(rig.agent().plugin().isRegistered()).isTrue();
        String uuid = run("train", GPU);
        assertThat(rig.kubelet
                        .monitor(rig.translatedPodResources())
                        .getAllocatableResources(AllocatableResourcesRequest.getDefaultInstance())
                        .getDevicesList())
                .as("what monitors are told")
                .filteredOn(devices -> devices.getResourceName().equals(GPU))
                .singleElement()
                .satisfies(devices ->
                        assertThat(devices.getDeviceIdsList()).hasSize(14).contains(uuid));

        configure(SECOND, "single");
        await("a GPU of the pool leaves it only without pods")
                .atMost(LONGEST)
                .untilAsserted(() ->
                        assertThat(healthy(GPU)).hasSizeLessThanOrEqualTo(8).contains(uuid));
        rig.kubelet.forgetPodResources("train");

        await("the pool has its name back").atMost(LONGEST).untilAsserted(() -> assertThat(rig.kubelet.devices())
                .hasSize(7)
                .allMatch(device -> device.getID().startsWith("mp-")));
        awaitTold("MigStrategyUnfit", "resourceCountName");
    }

    @Test
    void noneOffersWholeGpus() throws Exception {
        configure("true", "none");
        follow("all-disabled");

        awaitHealthy(GPU, 2);
        assertThat(healthy(GPU)).containsExactly(rig.gpu(0), rig.gpu(1));
        assertThat(run("train", GPU)).isEqualTo(rig.gpu(0));
    }

    @Test
    void singleSaysWhyItOffersNothing() throws Exception {
        configure("true", "single");
        follow("all-balanced");

        awaitTold("MigStrategyUnfit", "1g.10gb, 2g.20gb, 3g.40gb");
        follow("all-3g.40gb");
        awaitHealthy(GPU, 4);
    }

    @Test
    void aGpuThatComesLateIsNotOfferedBeforeItIsAsTheLabelSays() throws Exception {
        rig.stopAgent();
        DriverWithoutGpu driver = new DriverWithoutGpu(rig.machine.openDriver(), 1);
        String late = rig.gpu(1);
        AtomicInteger looks = new AtomicInteger();
        rig.startAgent(new ForwardingDriver(driver) {
            @Override
            public List<GpuInstance> instances(String gpuUuid) throws GpuException {
                List<GpuInstance> instances = super.instances(gpuUuid);
                if (gpuUuid.equals(late) && Thread.currentThread().getName().startsWith("label-driven-devices")) {
                    looks.incrementAndGet();
                }
                return instances;
            }
        });
        configure("true", "single");
        follow("all-1g.10gb");
        awaitHealthy(GPU, 7);
        List<String> before = healthy(GPU);
        long registrations = registrations();
        GpuInstance inTheWay =
                rig.machine.createForeignInstance(late, MigProfile.parse("3g.40gb"), new Placement(0, 4), 3);
        rig.kubelet.podResourcesOf(
                "example.com/share",
                "team",
                "alien",
                "main",
                inTheWay.computeInstances().getFirst().migUuid());

        driver.repair();
        driver.lookForMore();

        awaitTold("MigConfigWaits", "alien");
        await("the second look ends what follows from the first")
                .atMost(LONGEST)
                .until(() -> looks.get() >= 2);
        assertThat(rig.kubelet.devices(GPU)).extracting(Device::getID).containsExactlyInAnyOrderElementsOf(before);
        rig.kubelet.forgetPodResources("alien");
        awaitHealthy(GPU, 14);
        assertThat(registrations()).as("its plugin has stayed").isEqualTo(registrations);
    }

    private long registrations() {
        return rig.kubelet.registrations().stream()
                .filter(request -> request.getResourceName().equals(GPU))
                .count();
    }

    @Test
    void withAnotherStrategyNoDeviceIsGivenTwice() throws Exception {
        configure(SECOND, "mixed");
        follow("all-3g.40gb");
        awaitHealthy(HALF, 2);
        String uuid = run("train", HALF);
        rig.stopAgent();
        configure("true", "none");
        rig.startAgent();

        await("the pod keeps its own, and its GPU is not given as a whole")
                .atMost(LONGEST)
                .untilAsserted(() -> {
                    assertThat(healthy(HALF)).containsExactly(uuid);
                    assertThat(healthy(GPU)).containsExactly(rig.gpu(0));
                });
        String whole = rig.gpu(1);
        assertThatThrownBy(() -> rig.kubelet.allocateOf(GPU, whole))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining(uuid);
    }

    @Test
    void anErrorTakesOnlyWhatItHit() throws Exception {
        configure(SECOND, "mixed");
        follow("all-3g.40gb");
        awaitHealthy(HALF, 2);
        String hit = healthy(HALF).getFirst();
        String other = healthy(HALF).getLast();

        rig.machine.raiseXid(hit, 94);
        await("one is unhealthy").atMost(LONGEST).untilAsserted(() -> assertThat(healthy(HALF))
                .containsExactly(other));
        assertThat(rig.kubelet.devices(HALF)).hasSize(2);
        assertThat(rig.cluster.told())
                .anyMatch(event -> event.startsWith("node DeviceUnhealthy: ") && event.contains("Xid 94 on " + hit));
        rig.machine.raiseXid(rig.gpu(1), 95);
        await("both are unhealthy").atMost(LONGEST).until(() -> healthy(HALF).isEmpty());
        await("the GPU has recovered").atMost(LONGEST).untilAsserted(() -> assertThat(healthy(HALF))
                .containsExactly(other));

        follow("all-1g.10gb");
        awaitHealthy(SMALL, 7);
    }

    @Test
    void aRestartedKubeletIsOfferedEverythingAgain() throws Exception {
        configure(SECOND, "mixed");
        follow("all-3g.40gb");
        awaitHealthy(HALF, 2);

        rig.kubelet.stop();
        rig.kubelet.start();

        awaitHealthy(HALF, 2);
        await().atMost(LONGEST).until(() -> rig.kubelet.devices().size() == 7);
    }

    @Test
    void aGpuThatIsLostTakesNoDeviceOfTheOthersAway() throws Exception {
        configure("true", "mixed");
        follow("all-3g.40gb");
        awaitHealthy(HALF, 4);
        String uuid = firstDevice(1);
        rig.kubelet.allocateOf(HALF, uuid);
        rig.kubelet.podResourcesOf(HALF, "team", "train", "main", uuid);
        rig.cluster.configMaps().publish("kube-system", "custom-mig-config", Map.of(), Map.of("config.yaml", """
                        version: v1
                        mig-configs:
                          healthy-ones:
                            - devices: [1]
                              mig-enabled: true
                              mig-devices: {"3g.40gb": 1, "1g.10gb": 3}
                        """));

        rig.machine.loseGpu(rig.gpu(0));
        await("its devices are unhealthy").atMost(LONGEST).untilAsserted(() -> assertThat(healthy(HALF))
                .hasSize(2));
        follow("healthy-ones");

        awaitHealthy(SMALL, 3);
        awaitHealthy(HALF, 1);
        assertThat(rig.kubelet.devices(HALF)).hasSize(3);
        rig.kubelet.preStartOf(HALF, uuid);
        assertThat(rig.visible(uuid)).containsExactly(uuid);
    }
}
