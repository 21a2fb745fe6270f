package io.migpool.deviceplugin.inject;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.OwnershipFile;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.PoolObserver;
import io.migpool.deviceplugin.sharing.SharingDirectories;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.runtime.time.Loop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What containers of software-shared GPUs leave on the host. */
class AbandonedDirectoriesTest {

    @TempDir
    Path host;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final FakeCluster cluster = new FakeCluster();
    private final SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A100-SXM4-80GB"));
    private final GpuDriver driver = machine.openDriver();

    @Test
    void whatIsLeftOfPodsThatAreGoneIsRemovedAndNothingElse() throws Exception {
        Path bound = container("uid-bound_main");
        Path claimed = container("uid-claimed_main");
        Path gone = container("uid-gone_main");
        Path others = container("lost+found");
        cluster.add(ReservedPod.named("bound").app("main").build());
        try (InstancePool pool = poolWithShare()) {
            AbandonedDirectories directories = new AbandonedDirectories(settings("locks"), cluster, pool);

            cluster.unreachable();
            assertThat(directories.sweep()).isEqualTo(Loop.Next.RETRY_SOON);
            assertThat(gone).exists();
            cluster.reachableAgain();
            assertThat(directories.sweep()).isEqualTo(Loop.Next.AFTER_PAUSE);
            assertThat(gone).doesNotExist();
            assertThat(List.of(bound, claimed, others)).allMatch(Files::exists);

            pool.podGone("uid-claimed", Duration.ofSeconds(40));
            now.set(now.get().plusSeconds(39));
            var _ = directories.sweep();
            assertThat(claimed).as("its containers may run").exists();
            now.set(now.get().plusSeconds(1));
            var _ = directories.sweep();
            assertThat(claimed).doesNotExist();
        }
    }

    @Test
    void whatContainersLeftBesideTheirLockGoesWithTheLastOfThem() throws Exception {
        Path locks = Files.createDirectories(host.resolve("vgpu/lock"));
        Path lock = Files.createFile(locks.resolve("lock"));
        Path dump = Files.createDirectories(locks.resolve("a/b")).resolve("dump");
        Files.writeString(dump, "large");
        Path elsewhere = Files.writeString(
                Files.createDirectory(host.resolve("elsewhere")).resolve("kept"), "");
        Files.createSymbolicLink(locks.resolve("way-out"), elsewhere.getParent());
        try (InstancePool pool = poolWithShare()) {
            AbandonedDirectories directories = new AbandonedDirectories(settings("vgpu/lock"), cluster, pool);

            var _ = directories.sweep();
            pool.podGone("uid-claimed", Duration.ofSeconds(40));
            var _ = directories.sweep();
            assertThat(List.of(lock, dump)).allMatch(Files::exists);

            now.set(now.get().plusSeconds(40));
            var _ = directories.sweep();
            assertThat(locks).isEmptyDirectory();
            assertThat(elsewhere).exists();
        }
    }

    @Test
    void aContainerWhosePodIsNotInThePoolKeepsTheLock() throws Exception {
        Path lock = Files.createFile(
                Files.createDirectories(host.resolve("vgpu/lock")).resolve("lock"));
        Path running = container("uid-x_main");
        cluster.add(ReservedPod.named("x").app("main").build());
        try (InstancePool pool = poolWithShare()) {
            pool.podGone("uid-claimed", Duration.ZERO);
            AbandonedDirectories directories = new AbandonedDirectories(settings("vgpu/lock"), cluster, pool);

            var _ = directories.sweep();
            assertThat(List.of(lock, running)).allMatch(Files::exists);

            cluster.delete("uid-x");
            var _ = directories.sweep();
            assertThat(List.of(lock, running)).noneMatch(Files::exists);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"locks", "vgpu", "vgpu/containers", "vgpu/containers/uid-x_main", "vgpu/../locks"})
    void aDirectoryThatIsNotForTheLockAloneIsNotEmptied(String name) throws Exception {
        Path kept = Files.writeString(
                Files.createDirectories(host.resolve(name).normalize()).resolve("kept"), "");
        cluster.add(ReservedPod.named("x").app("main").build());
        try (InstancePool pool = poolWithShare()) {
            pool.podGone("uid-claimed", Duration.ZERO);

            var _ = new AbandonedDirectories(settings(name), cluster, pool).sweep();
        }

        assertThat(kept).exists();
    }

    private InstancePool poolWithShare() throws Exception {
        InstancePool pool = new InstancePool(
                driver,
                driver.gpus(),
                new OwnershipFile(host.resolve("state")),
                () -> Duration.ofMinutes(10),
                now::get,
                PoolObserver.NONE);
        pool.start();
        ClaimedDevice share = new ClaimedDevice.Shared("GPU-a", 1000, 10);
        pool.restate(new PodClaim(
                "uid-claimed",
                "default",
                "claimed",
                List.of(new ContainerClaim("main", 0, false, true, List.of(share)))));
        return pool;
    }

    @AfterEach
    void close() {
        driver.close();
        machine.close();
    }

    private Path container(String name) throws Exception {
        Path directory = Files.createDirectories(
                SharingDirectories.under(host).containers().resolve(name));
        Files.writeString(directory.resolve("region.cache"), "0");
        return directory;
    }

    private InjectSettings settings(String locks) {
        return new InjectSettings(
                InjectSettings.Strategy.CDI_CRI,
                InjectSettings.DeviceList.ENVIRONMENT,
                host.resolve("cdi"),
                DriverFiles.NONE,
                host,
                host.resolve(locks),
                Duration.ofSeconds(5),
                Duration.ofSeconds(1));
    }
}
