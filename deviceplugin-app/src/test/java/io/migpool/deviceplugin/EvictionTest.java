package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods that a node cannot serve, and that their controllers would recreate elsewhere. */
class EvictionTest {

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** From the first refusal of a GPU to the one after which it counts as unfit. */
    private static final Duration UNFIT = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private AgentRig rig;
    private HangingCreations driver;
    private String gpu;

    @BeforeEach
    void makeNode() throws Exception {
        rig = AgentRig.unstarted(directory, "NVIDIA A100-SXM4-80GB");
        rig.evictAfter = PATIENCE;
        driver = new HangingCreations(rig.machine.openDriver());
        gpu = rig.gpu(0);
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    @Test
    void podsWhosePlacementStaysBlockedAreEvictedAfterFiveMinutes() throws Exception {
        rig.startAgent();
        rig.awaitRegistration();
        var _ = rig.machine.createForeignInstance(gpu, MigProfile.parse("7g.80gb"), new Placement(0, 8), 7);
        await().until(() -> !rig.pool().instances().isEmpty());
        add("waits");
        rig.cluster.add(ReservedPod.named("uncontrolled")
                .app("main", slice(gpu, "1g.10gb", 1, 1))
                .build());
        assertThat(start("waits", 0))
                .succeedsWithin(Duration.ofSeconds(20))
                .asString()
                .contains("nothing equivalent");
        assertThat(start("uncontrolled", 1))
                .succeedsWithin(Duration.ofSeconds(20))
                .asString()
                .contains("nothing equivalent");

        rig.pass(PATIENCE);
        add("newcomer");
        assertThat(start("newcomer", 2))
                .succeedsWithin(Duration.ofSeconds(20))
                .asString()
                .contains("nothing equivalent");

        assertOnlyTheFirstIsEvicted();
    }

    @Test
    void podsWhoseGpuCreatesNothingAreEvictedAfterFiveMinutes() throws Exception {
        rig.startAgent();
        rig.awaitRegistration();
        for (int i = 0; i < 1_000; i++) {
            rig.machine.inject(gpu, SimulatedFault.refuseNext("createGpuInstance", GpuErrorCode.UNKNOWN));
        }
        add("waits");
        CompletableFuture<String> first = start("waits", 0);
        isToldToWait("waits");
        rig.pass(UNFIT);
        assertThat(first).succeedsWithin(Duration.ofSeconds(20)).asString().contains("cannot create 1g.10gb");

        rig.pass(PATIENCE);
        add("newcomer");
        assertThat(start("newcomer", 1))
                .succeedsWithin(Duration.ofSeconds(20))
                .asString()
                .contains("cannot create 1g.10gb");

        assertOnlyTheFirstIsEvicted();
    }

    @Test
    void podsWhoseGpuHangsAtEachCreationAreEvictedAfterFiveMinutes() throws Exception {
        rig.startAgent(driver);
        rig.awaitRegistration();
        add("waits");
        CompletableFuture<String> first = start("waits", 0);
        hangs(1);
        driver.giveUp();
        hangs(2);
        rig.pass(UNFIT);
        driver.giveUp();
        assertThat(first).succeedsWithin(Duration.ofSeconds(20)).asString().contains("no answer");
        CompletableFuture<String> second = start("waits", 0);
        hangs(3);
        driver.giveUp();
        hangs(4);
        rig.pass(AgentRig.START_LIMIT);
        assertThat(second).succeedsWithin(Duration.ofSeconds(20)).asString().contains("still busy");

        rig.pass(PATIENCE);
        add("newcomer");
        CompletableFuture<String> third = start("newcomer", 1);
        rig.pass(AgentRig.START_LIMIT);
        assertThat(third).succeedsWithin(Duration.ofSeconds(20)).asString().contains("still busy");

        assertOnlyTheFirstIsEvicted();
    }

    private void add(String pod) {
        rig.cluster.add(ReservedPod.named(pod)
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .controlled()
                .build());
    }

    /** What kubelet is told when it has the pod's container started. */
    private CompletableFuture<String> start(String pod, int slot) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return rig.start("uid-" + pod, "main", "mp-00" + slot).toString();
            } catch (Exception e) {
                return String.valueOf(e.getMessage());
            }
        });
    }

    private void isToldToWait(String pod) {
        await().until(() -> rig.cluster.told().stream().anyMatch(event -> event.startsWith(pod + " WaitingForGpu")));
    }

    private void hangs(int creation) {
        await().until(() -> driver.begun() == creation);
    }

    /** Whoever waits is looked at when somebody starts to wait. */
    private void assertOnlyTheFirstIsEvicted() {
        await().untilAsserted(() -> assertThat(rig.cluster.evicted()).containsExactly("waits"));
        assertThat(rig.cluster.told())
                .anySatisfy(event -> assertThat(event).startsWith("waits PlacementBlockedTooLong:"));
    }
}
