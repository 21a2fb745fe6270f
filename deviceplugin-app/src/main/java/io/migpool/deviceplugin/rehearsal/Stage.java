package io.migpool.deviceplugin.rehearsal;

import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.inject.ContainerContents;
import io.migpool.deviceplugin.inject.ContainerStart;
import io.migpool.deviceplugin.inject.DriverFiles;
import io.migpool.deviceplugin.inject.InjectSettings;
import io.migpool.deviceplugin.inject.SliceRealiser;
import io.migpool.deviceplugin.inject.StartObserver;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.OwnershipFile;
import io.migpool.deviceplugin.instance.PoolObserver;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.CheckpointFile;
import io.migpool.deviceplugin.kubelet.RehearsedKubelet;
import io.migpool.deviceplugin.kubelet.SlotOwners;
import io.migpool.deviceplugin.reservation.BlockedPods;
import io.migpool.deviceplugin.reservation.ClaimReader;
import io.migpool.deviceplugin.reservation.ReservationRepair;
import io.migpool.deviceplugin.reservation.ReservedSlices;
import io.migpool.deviceplugin.reservation.RuntimeIdentityWriter;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A second set of the parts that start a container, in a directory of their own and without anything real around them.
 */
final class Stage implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Stage.class.getName());
    private static final String BOARD = "NVIDIA A100-SXM4-80GB";
    private static final String SLOT = "mp-000";
    private static final Duration START_LIMIT = Duration.ofSeconds(5);

    private final Path directory;
    private final SimulatedMachine machine =
            SimulatedMachine.inMemory(MachineSpec.of(BOARD).withSeed(1));
    private final GpuDriver driver = machine.openDriver();
    private final RehearsedCluster cluster = new RehearsedCluster();
    private final InstancePool pool;
    private final RuntimeIdentityWriter identityWriter;
    private final RehearsedKubelet kubelet;
    private final List<Slice> slices;

    private Stage(Path directory, InstantSource clock) throws IOException, GpuException {
        this.directory = directory;
        List<GpuDescription> gpus = driver.gpus();
        this.slices = slices(gpus.getFirst());
        this.pool = new InstancePool(
                driver, gpus, new OwnershipFile(directory), () -> Duration.ZERO, clock, PoolObserver.NONE);
        DeviceSettings settings = DeviceSettings.DEFAULT;
        String resource = settings.resources().count();
        ReservedSlices reserved = new ReservedSlices(gpus, () -> gpus);
        ClaimReader claims = new ClaimReader(cluster.nodeName(), () -> settings, reserved);
        this.identityWriter = new RuntimeIdentityWriter(cluster, reserved);
        CheckpointFile checkpoint = new CheckpointFile(directory, () -> resource);
        InjectSettings inject = new InjectSettings(
                InjectSettings.Strategy.CDI_CRI,
                InjectSettings.DeviceList.ENVIRONMENT,
                directory.resolve("cdi"),
                DriverFiles.NONE,
                directory.resolve("hook"),
                directory.resolve("locks"),
                START_LIMIT,
                START_LIMIT);
        ContainerStart starts = new ContainerStart(
                new SlotOwners(checkpoint, checkpoint, clock),
                cluster,
                claims,
                pool,
                new SliceRealiser(
                        pool,
                        cluster,
                        cluster,
                        new ReservationRepair(cluster, claims, reserved, pool, cluster, cluster, () -> settings, clock),
                        new BlockedPods(cluster, pool, cluster, () -> START_LIMIT, clock),
                        cluster,
                        START_LIMIT,
                        clock),
                new ContainerContents(cluster, cluster, inject),
                identityWriter,
                StartObserver.NONE,
                inject,
                clock);
        this.kubelet = RehearsedKubelet.serving(directory, resource, starts);
    }

    private static List<Slice> slices(GpuDescription gpu) {
        ProfileCapability smallest = gpu.profiles().stream()
                .min(Comparator.comparingLong(ProfileCapability::memoryMiB))
                .orElseThrow();
        return smallest.placements().stream()
                .map(placement -> new Slice(gpu.uuid(), smallest.profile(), placement))
                .toList();
    }

    /**
     * Builds a stage.
     *
     * @param parent directory in which its own is created
     * @throws IOException if the directory cannot be created
     */
    static Stage build(Path parent, InstantSource clock) throws IOException {
        Path directory = Files.createTempDirectory(parent, "rehearsal");
        try {
            Stage stage = new Stage(directory, clock);
            stage.pool.start();
            stage.identityWriter.start();
            return stage;
        } catch (GpuException e) {
            throw new IOException("no GPU to rehearse with", e);
        }
    }

    /**
     * Lets a pod come, get an instance and go, and another one get a share of a GPU.
     *
     * @throws IOException if a file cannot be written
     */
    void play(int round) throws IOException {
        startCut("cut", round);
        startShared("shared");
        for (String uid : List.of("cut", "shared")) {
            cluster.unbind(uid);
            pool.podGone(uid, Duration.ZERO);
        }
        pool.sweep().join();
    }

    void startCut(String uid, int round) throws IOException {
        cluster.bindCut(uid, slices.get(round % slices.size()));
        kubelet.start(uid, RehearsedCluster.CONTAINER, SLOT);
    }

    void startShared(String uid) throws IOException {
        cluster.bindShared(uid);
        kubelet.start(uid, RehearsedCluster.CONTAINER, SLOT);
    }

    @Override
    public void close() {
        kubelet.close();
        identityWriter.close();
        pool.close();
        driver.close();
        machine.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "cannot remove the files of the rehearsal in " + directory, e);
        }
    }
}
