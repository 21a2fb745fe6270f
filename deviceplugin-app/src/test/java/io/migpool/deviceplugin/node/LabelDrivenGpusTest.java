package io.migpool.deviceplugin.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.ForwardingDriver;
import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.OwnershipFile;
import io.migpool.deviceplugin.instance.PoolObserver;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.reservation.ClaimReader;
import io.migpool.deviceplugin.reservation.ReservedSlices;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GPUs that change hands while the driver is slow. */
class LabelDrivenGpusTest {

    private static final Duration LONG = Duration.ofMinutes(10);

    @TempDir
    Path directory;

    @Test
    void aHandOverThatComesLateIsUndoneBeforeTheGpuCountsAsThePools() throws Exception {
        AtomicBoolean used = new AtomicBoolean(true);
        ClaimReader claims = new ClaimReader(
                ReservedPod.NODE, () -> DeviceSettings.DEFAULT, new ReservedSlices(List.of(), List::of));
        try (SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A100-SXM4-80GB"));
                SlowDriver driver = new SlowDriver(machine.openDriver());
                InstancePool pool = new InstancePool(
                        driver,
                        driver.gpus(),
                        new OwnershipFile(directory),
                        () -> LONG,
                        InstantSource.system(),
                        PoolObserver.NONE)) {
            pool.start();
            String gpu = driver.gpus().getFirst().uuid();
            LabelDrivenGpus gpus = new LabelDrivenGpus(pool, new FakeCluster(), claims, _ -> used.get());
            driver.answers = new CountDownLatch(1);
            assertThat(gpus.takeBack(gpu)).isFalse();
            used.set(false);

            assertThat(gpus.takeBack(gpu)).isFalse();
            driver.answers.countDown();
            await().until(() -> gpus.takeBack(gpu));

            Pod pod = ReservedPod.named("a")
                    .app("main", new Slice(gpu, MigProfile.parse("1g.10gb"), new Placement(0, 1)))
                    .build();
            assertThat(pool.realise(claims.read(pod), LONG, _ -> true).get(1, TimeUnit.MINUTES))
                    .hasSize(1);
        }
    }

    /** Says what is on its GPUs only when it is let. */
    private static final class SlowDriver extends ForwardingDriver {

        private volatile CountDownLatch answers = new CountDownLatch(0);

        SlowDriver(GpuDriver whole) {
            super(whole);
        }

        @Override
        public List<GpuInstance> instances(String gpuUuid) throws GpuException {
            try {
                if (!answers.await(1, TimeUnit.HOURS)) {
                    throw new IllegalStateException("nobody let it go");
                }
            } catch (InterruptedException e) {
                throw new GpuException(GpuErrorCode.TIMEOUT, "instances", gpuUuid, "broken off", e);
            }
            return super.instances(gpuUuid);
        }
    }
}
