package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.contracts.kubelet.deviceplugin.Device;
import io.migpool.contracts.kubelet.deviceplugin.RegisterRequest;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.deviceplugin.geometry.CheckpointFormat;
import io.migpool.deviceplugin.geometry.LayoutSnapshot;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pods with devices of label-driven GPUs, of whom only kubelet's checkpoint knows. */
class LabelDrivenHoldersTest extends LabelDrivenNode {

    private static final String GPU = "nvidia.com/gpu";
    private static final String SMALL = "nvidia.com/mig-1g.10gb";

    LabelDrivenHoldersTest() {
        super("NVIDIA H100 80GB HBM3");
    }

    /** A pod whose init container has a device; the agent that gave it is not the one that runs. */
    private void hold(String pod, String resource, String device) throws Exception {
        rig.cluster.add(pod(pod));
        rig.kubelet.checkpointOf(resource, "uid-" + pod, "init", device);
    }

    private static Pod pod(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("team")
                .withName(name)
                .withUid("uid-" + name)
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .withNewStatus()
                .withPhase("Pending")
                .endStatus()
                .build();
    }

    private String offered(String resource) {
        await("a device of " + resource)
                .atMost(LONGEST)
                .until(() -> !rig.kubelet.devices(resource).isEmpty());
        return rig.kubelet.devices(resource).getFirst().getID();
    }

    private List<Integer> poolGpus() {
        return rig.agent().presence().inventory().stream()
                .map(GpuInventory::index)
                .toList();
    }

    private void awaitPoolGpus(Integer... indices) {
        await("GPUs of the pool").atMost(LONGEST).untilAsserted(() -> assertThat(poolGpus())
                .containsExactly(indices));
    }

    @Test
    void anInitContainersDeviceIsNotCutAway() throws Exception {
        configure(SECOND, "mixed");
        follow("all-1g.10gb");
        hold("prepare", SMALL, offered(SMALL));

        label("all-7g.80gb");

        awaitState("pending");
        awaitTold("MigConfigWaits", "pod team/prepare");
        assertThat(rig.instances(1)).hasSize(7);
        rig.cluster.delete("uid-prepare");
        awaitState("success");
        assertThat(rig.instances(1)).containsExactly("7g.80gb at 0:8");
    }

    @Test
    void aFilteredGpuIsNeitherThePoolsNorTheLabelsOncePodsHaveNothingOfIt() throws Exception {
        configure(SECOND, "mixed");
        follow("all-1g.10gb");
        String uuid = offered(SMALL);
        hold("train", SMALL, uuid);

        configure(SECOND, "mixed", SECOND);
        rig.kubelet.preStartOf(SMALL, uuid);
        rig.cluster.delete("uid-train");

        await("its devices are not handed out").atMost(LONGEST).untilAsserted(() -> assertThat(rig.kubelet.resources())
                .doesNotContain(SMALL));
        assertThat(poolGpus()).containsExactly(0);
        assertThat(rig.instances(1)).hasSize(7);
    }

    @Test
    void aFilteredGpuThatHangsDelaysNoDecisionOnTheOthers() throws Exception {
        rig.stopAgent();
        HangingDriver driver = new HangingDriver(rig.machine.openDriver());
        rig.startAgent(driver);
        configure(SECOND, "mixed");
        follow("all-1g.10gb");
        // Only the GPU can tell whether this device is one of its own.
        hold("train", "example.com/mig-1g.10gb", "MIG-of-unknown-origin");

        driver.hang(rig.gpu(1));
        configure(SECOND, "mixed", SECOND);
        rig.machine.needRecovery(rig.gpu(0), RecoveryAction.NODE_REBOOT);

        awaitTold("GpuUnhealthy", rig.gpu(0));
        rig.machine.resetGpu(rig.gpu(0));
        awaitTold("GpuRecovered", rig.gpu(0));
    }

    @Test
    void aGpuThatIsGivenBackIsNotThePoolsAfterARestartEither() throws Exception {
        configure(SECOND, "mixed");
        follow("all-1g.10gb");
        String uuid = offered(SMALL);
        hold("train", SMALL, uuid);
        rig.stopAgent();
        configure(NEITHER, "mixed");

        rig.startAgent();

        assertThat(poolGpus()).containsExactly(0);
        await("its containers can start again").atMost(LONGEST).untilAsserted(() -> assertThat(
                        rig.kubelet.devices(SMALL))
                .extracting(Device::getID)
                .contains(uuid));
        rig.kubelet.preStartOf(SMALL, uuid);
        rig.cluster.delete("uid-train");
        awaitPoolGpus(0, 1);
    }

    @Test
    void aGpuThatIsGivenBackInTheMiddleOfAChangeIsNotThePoolsBeforeItsEnd() throws Exception {
        configure(SECOND, "mixed");
        follow("all-1g.10gb");
        rig.stopAgent();
        // So leaves it an agent that dies while it goes from one layout to the next.
        try (GpuDriver driver = rig.machine.openDriver()) {
            LayoutSnapshot before = LayoutSnapshot.of(driver);
            for (GpuInstance instance : driver.instances(rig.gpu(1))) {
                for (ComputeInstance compute : instance.computeInstances()) {
                    driver.destroyComputeInstance(instance, compute);
                }
                driver.destroyGpuInstance(instance);
            }
            ObjectNode remembered = JsonNodeFactory.instance.objectNode();
            remembered.put("value", "all-3g.40gb").put("rebootedFrom", "").put("askedInVain", "");
            remembered.put("clientsPaused", false).put("cordoned", false).putArray("stoppedServices");
            remembered.put("layoutBefore", CheckpointFormat.write(before));
            Files.writeString(rig.root.resolve("state").resolve("mig-manager.json"), remembered.toString());
        }
        label("all-9g.90gb");
        configure(NEITHER, "mixed");

        rig.startAgent();

        awaitPoolGpus(0, 1);
        assertThat(rig.instances(1)).hasSize(7);
    }

    @Test
    void aWholeGpuOfNvidiasPluginIsWaitedForToo() throws Exception {
        rig.stopAgent();
        rig.handsOut = false;
        configure(SECOND, "none");
        rig.startAgent();
        awaitPoolGpus(0);
        hold("whole", GPU, rig.gpu(1));

        configure(NEITHER, "none");
        rig.stopAgent();
        rig.startAgent();

        assertThat(poolGpus()).containsExactly(0);
        rig.cluster.delete("uid-whole");
        awaitPoolGpus(0, 1);
    }

    @Test
    void slotsOfPodsThatEndedDoNotKeepTheNameForThePool() throws Exception {
        rig.kubelet.checkpoint("uid-ended", "main", "mp-000");

        configure("true", "none");

        await("the GPUs are offered by the pool's former name").atMost(LONGEST).untilAsserted(() -> assertThat(
                        rig.kubelet.devices())
                .extracting(Device::getID)
                .containsExactlyInAnyOrder(rig.gpu(0), rig.gpu(1)));
    }

    @Test
    void whatAnotherPluginGaveUnderANameOfItsOwnIsKeptButNotOffered() throws Exception {
        configure(SECOND, "mixed");
        follow("all-1g.10gb");
        String uuid = offered(SMALL);
        hold("alien", "example.com/mig-1g.10gb", uuid);

        awaitNobodyElseGets(uuid);
        rig.kubelet.preStartOf(SMALL, rig.kubelet.devices(SMALL).getLast().getID());
        assertThat(rig.kubelet.registrations())
                .extracting(RegisterRequest::getResourceName)
                .doesNotContain("example.com/mig-1g.10gb");
    }

    @Test
    void whatAnotherPluginGaveAsOneOfSeveralCopiesGoesToNobodyElse() throws Exception {
        configure(SECOND, "mixed");
        follow("all-1g.10gb");
        String uuid = offered(SMALL);
        hold("shares", SMALL, uuid + "::0");

        awaitNobodyElseGets(uuid);
    }

    private void awaitNobodyElseGets(String uuid) {
        await("nobody else gets it").atMost(LONGEST).untilAsserted(() -> assertThat(rig.kubelet.devices(SMALL))
                .filteredOn(device -> device.getHealth().equals("Healthy"))
                .extracting(Device::getID)
                .hasSize(6)
                .doesNotContain(uuid));
    }

    @Test
    void aContainerOnAGpuThatHasYetToComeIsToldToWait() throws Exception {
        configure("true", "mixed");
        follow("all-1g.10gb");
        String uuid = firstDevice(1);
        rig.stopAgent();
        DriverWithoutGpu driver = new DriverWithoutGpu(rig.machine.openDriver(), 1);
        rig.startAgent(driver);
        offered(SMALL);

        assertThatThrownBy(() -> rig.kubelet.preStartOf(SMALL, uuid))
                .hasMessageContaining("has not listed all GPUs yet; retrying");

        driver.repair();
        driver.lookForMore();
        await("it starts").atMost(LONGEST).ignoreExceptions().untilAsserted(() -> rig.kubelet.preStartOf(SMALL, uuid));
    }

    @Test
    void aGpuOfWhichItCannotBeToldWhoseItIsSaysSoUntilItCan() throws Exception {
        configure(SECOND, "mixed");
        follow("all-1g.10gb");
        hold("train", SMALL, offered(SMALL));
        rig.stopAgent();
        String gpu = rig.gpu(0);
        UnreadableInstances driver = new UnreadableInstances(rig.machine.openDriver(), gpu, GpuErrorCode.UNKNOWN);

        rig.startAgent(driver);

        await("what is the matter").atMost(LONGEST).untilAsserted(() -> assertThat(
                        rig.agent().presence().conditions())
                .hasEntrySatisfying(gpu, condition -> assertThat(condition.note())
                        .contains("it is unknown", "it does not answer")));
        assertThat(poolGpus()).isEmpty();
        driver.answerAgain();
        awaitPoolGpus(0);
        await("all is well")
                .atMost(LONGEST)
                .until(() -> rig.agent().presence().conditions().isEmpty());
    }
}
