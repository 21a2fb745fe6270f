package io.migpool.deviceplugin.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.Annotations;
import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.instance.InlineInfrastructure;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.OwnershipFile;
import io.migpool.deviceplugin.instance.PoolObserver;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.runtime.time.Loop;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who says that a pod is gone: the watch, or the sweep for it. */
class PoolReconcilerTest {

    private static final Duration LONG = Duration.ofMinutes(10);

    private final FakeCluster cluster = new FakeCluster();
    private final InstantSource clock = InstantSource.fixed(Instant.EPOCH);
    private SimulatedMachine machine;
    private GpuDriver driver;
    private InstancePool pool;
    private ClaimReader claims;

    @BeforeEach
    void open() throws Exception {
        machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A100-SXM4-80GB"));
        driver = machine.openDriver();
        pool = new InlineInfrastructure(() -> {}, () -> {}).pool(driver, driver.gpus(), () -> LONG, clock);
        pool.start();
        claims = new ClaimReader(
                ReservedPod.NODE, () -> DeviceSettings.DEFAULT, new ReservedSlices(List.of(), List::of));
        Slice slice = new Slice(driver.gpus().getFirst().uuid(), MigProfile.parse("1g.10gb"), new Placement(0, 1));
        Pod pod = ReservedPod.named("a").app("main", slice).build();
        cluster.add(pod);
        pool.realise(claims.read(pod), LONG, _ -> true).join();
    }

    @AfterEach
    void close() {
        pool.close();
        driver.close();
        machine.close();
    }

    @Test
    void aSweepThatIsQuickerThanTheWatchLeavesItToTheWatch() {
        PoolReconciler reconciler = reconciler();
        var _ = reconciler.pass();
        cluster.deleteUntold("uid-a");

        var _ = reconciler.pass();
        assertThat(states()).containsExactly(InstanceState.ACTIVE);

        reconciler.listener(() -> {}).gone("uid-a", Duration.ZERO);
        assertThat(states()).containsExactly(InstanceState.IDLE);
    }

    @Test
    void aPodOfWhichTheWatchNeverTellsMayRunOnForAWhile() {
        PoolReconciler reconciler = reconciler();
        var _ = reconciler.pass();
        cluster.deleteUntold("uid-a");

        var _ = reconciler.pass();
        var _ = reconciler.pass();

        assertThat(states()).containsExactly(InstanceState.QUARANTINED);
    }

    @Test
    void aPodThatVanishedBeforeTheFirstLookIsNotWaitedFor() {
        cluster.deleteUntold("uid-a");

        var _ = reconciler().pass();

        assertThat(states()).containsExactly(InstanceState.QUARANTINED);
    }

    @Test
    void aListOfAllPodsIsFollowedByAPassAtOnce() {
        AtomicInteger passes = new AtomicInteger();
        AtomicInteger lists = new AtomicInteger();
        PoolReconciler rare = new PoolReconciler(
                pool, cluster, claims, identityWriter(), () -> passes.incrementAndGet() > 0, _ -> false, LONG);
        try (rare) {
            rare.start();
            await().until(() -> passes.get() == 1);

            rare.listener(lists::incrementAndGet).listed();

            await().until(() -> passes.get() == 2);
            assertThat(lists).hasValue(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"allocating,Pending,false", "success,Pending,true", "allocating,Running,true"})
    void aShareIsTakenOverOnlyIfAContainerHasGotIt(String bindPhase, String phase, boolean taken) {
        cluster.add(new PodBuilder(ReservedPod.named("share")
                        .shared("main", "GPU-1", 1000, 10)
                        .build())
                .editMetadata()
                .addToAnnotations(Annotations.BIND_PHASE, bindPhase)
                .endMetadata()
                .editStatus()
                .withPhase(phase)
                .endStatus()
                .build());

        var _ = reconciler().pass();

        assertThat(pool.claim("uid-share").isPresent()).isEqualTo(taken);
    }

    @Test
    void aPodWithoutAGpuDelaysNobodyWhateverGracePeriodItAsksFor() {
        cluster.add(new PodBuilder(ReservedPod.named("odd").withoutReservation())
                .editSpec()
                .withTerminationGracePeriodSeconds(Long.MAX_VALUE)
                .endSpec()
                .build());
        cluster.deleteUntold("uid-a");

        assertThat(reconciler().pass()).isEqualTo(Loop.Next.AFTER_PAUSE);

        assertThat(states()).containsExactly(InstanceState.QUARANTINED);
    }

    @Test
    void aPodThatCannotBeDealtWithDelaysNoOther() {
        Pod share = started(ReservedPod.named("share").shared("main", "GPU-1", 1000, 10));
        for (String name : List.of("b", "odd", "other", "z")) {
            Pod broken = started(ReservedPod.named(name).shared("main", "GPU-1", 1000, 10));
            broken.getSpec().getContainers().getFirst().setEnv(null);
            cluster.add(broken);
        }
        cluster.add(share);

        assertThat(reconciler().pass()).isEqualTo(Loop.Next.AFTER_PAUSE);

        assertThat(pool.claim("uid-share")).isPresent();
    }

    private static Pod started(ReservedPod pod) {
        return new PodBuilder(pod.build())
                .editMetadata()
                .addToAnnotations(Annotations.BIND_PHASE, "success")
                .endMetadata()
                .build();
    }

    @Test
    void aGpuThatHangsDoesNotHoldUpAPass(@TempDir Path directory) throws Exception {
        InstancePool onThreads = new InstancePool(
                driver, driver.gpus(), new OwnershipFile(directory), () -> LONG, clock, PoolObserver.NONE);
        try (onThreads) {
            onThreads.start();
            machine.inject(driver.gpus().getFirst().uuid(), SimulatedFault.stallNext("instances", 600_000));
            PoolReconciler reconciler =
                    new PoolReconciler(onThreads, cluster, claims, identityWriter(), () -> true, _ -> false, LONG);

            assertThat(assertTimeoutPreemptively(Duration.ofSeconds(30), reconciler::pass))
                    .isEqualTo(Loop.Next.AFTER_PAUSE);
        }
    }

    private RuntimeIdentityWriter identityWriter() {
        return new RuntimeIdentityWriter(cluster, new ReservedSlices(List.of(), List::of));
    }

    private PoolReconciler reconciler() {
        return new PoolReconciler(pool, cluster, claims, identityWriter(), () -> true, _ -> false, LONG);
    }

    private List<InstanceState> states() {
        return pool.instances().stream().map(MigInstance::state).toList();
    }
}
