package io.migpool.deviceplugin.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.OwnershipFile;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the figures of the pool count. */
class AgentMetricsTest {

    private static final MigProfile PROFILE = MigProfile.parse("1g.10gb");

    @TempDir
    Path directory;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private SimulatedMachine machine;
    private GpuDriver driver;
    private InstancePool pool;
    private String gpu;

    @BeforeEach
    void open() throws Exception {
        machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A100-SXM4-80GB"));
        driver = machine.openDriver();
        gpu = driver.gpus().getFirst().uuid();
        AgentMetrics metrics = new AgentMetrics(registry);
        pool = new InstancePool(
                driver,
                driver.gpus(),
                new OwnershipFile(directory),
                () -> Duration.ofMinutes(10),
                InstantSource.fixed(Instant.EPOCH),
                metrics);
        pool.start();
        metrics.follow(pool, "node-a");
    }

    @AfterEach
    void close() {
        pool.close();
        driver.close();
        machine.close();
    }

    @Test
    void theQueueOfAGpuIsWhatWaitsForIt() throws Exception {
        assertThat(value("migpool_gpu_queue", "device_uuid", gpu)).isZero();
        machine.inject(gpu, SimulatedFault.stallNext("instances", 600_000));

        var _ = pool.sweep();
        var _ = pool.sweep();
        var _ = pool.sweep();

        await().until(() -> value("migpool_gpu_queue", "device_uuid", gpu) == 2);
    }

    @Test
    void driftIsWhatExistsWithoutAReservationAndWhatIsReservedWithoutExisting() throws Exception {
        machine.createForeignInstance(gpu, PROFILE, new Placement(4, 1), 1);
        pool.sweep().join();
        pool.restate(claim("uid-a", 0));
        pool.restate(claim("uid-b", 1));

        assertThat(value("migpool_drift", "kind", "instance_without_reservation"))
                .isEqualTo(1);
        assertThat(value("migpool_drift", "kind", "reservation_without_instance"))
                .isEqualTo(2);

        realise(claim("uid-a", 0));
        assertThat(value("migpool_drift", "kind", "reservation_without_instance"))
                .isEqualTo(1);
    }

    @Test
    void anInstanceThatTheNextPodTakesAsItIsCountsAsReused() throws Exception {
        realise(claim("uid-a", 0));
        pool.podGone("uid-a", Duration.ZERO);
        pool.sweep().join();
        assertThat(registry.find("migpool_instance_reuse").counter()).isNull();

        realise(claim("uid-b", 0));
        realise(claim("uid-c", 1));

        assertThat(registry.get("migpool_instance_reuse")
                        .tag("profile", "1g.10gb")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    private double value(String name, String tag, String of) {
        return registry.get(name).tag(tag, of).gauge().value();
    }

    private void realise(PodClaim claim) {
        var _ = pool.realise(claim, Duration.ZERO, _ -> true).join();
    }

    private PodClaim claim(String uid, int start) {
        ClaimedDevice device = new ClaimedDevice.Mig(new Slice(gpu, PROFILE, new Placement(start, 1)));
        return new PodClaim(uid, "default", uid, List.of(new ContainerClaim("main", 0, false, true, List.of(device))));
    }
}
