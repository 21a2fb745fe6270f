package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One story per test about the life of instances. */
class InstancePoolTest {

    @TempDir
    Path directory;

    private PoolRig rig;

    @BeforeEach
    void open() throws Exception {
        rig = new PoolRig(directory, "NVIDIA A100-SXM4-80GB:2", 11);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void containersThatStartSideBySideShareOneRealisation() throws Exception {
        PodClaim claim = PoolRig.claim("a", rig.slice("1g.10gb", 0, 1), rig.slice("1g.10gb", 1, 1));

        List<CompletableFuture<?>> starts = List.of(
                rig.pool().realise(claim, rig.limit, _ -> false),
                rig.pool().realise(claim, rig.limit, _ -> false),
                rig.pool().realise(claim, rig.limit, _ -> false));

        assertThat(starts.stream().map(CompletableFuture::join).distinct()).hasSize(1);
        assertThat(rig.real()).hasSize(2);
    }

    @Test
    void aComputeInstanceThatIsRefusedLeavesNothingAndIsTriedAgain() throws Exception {
        rig.machine.inject(
                rig.gpu(0), SimulatedFault.refuseNext("createComputeInstance", GpuErrorCode.INSUFFICIENT_RESOURCES));

        rig.realise("a", rig.slice("1g.10gb", 0, 1));

        assertThat(rig.real()).hasSize(1);
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 ACTIVE a");
    }

    @Test
    void whatCameOfACallThatTimedOutIsFoundAndUsed() throws Exception {
        rig.machine.inject(rig.gpu(0), SimulatedFault.loseAnswerOfNext("createGpuInstance"));
        rig.machine.inject(rig.gpu(0), SimulatedFault.loseAnswerOfNext("createComputeInstance"));

        rig.realise("a", rig.slice("1g.10gb", 0, 1));

        assertThat(rig.real()).singleElement().satisfies(gi -> assertThat(gi.computeInstances())
                .hasSize(1));
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 ACTIVE a");
    }

    @Test
    void aCrashBetweenGpuInstanceAndComputeInstanceIsRepairedAtTheNextStart() throws Exception {
        rig.limit = Duration.ZERO;
        rig.machine.inject(
                rig.gpu(0),
                new SimulatedFault("createComputeInstance", SimulatedFault.Effect.REFUSED, GpuErrorCode.TIMEOUT, 1, 0));
        assertThatThrownBy(() -> rig.realise("a", rig.slice("2g.20gb", 0, 2))).isInstanceOf(RealisationException.class);
        int half = rig.real().getFirst().id();
        rig.restart();
        assertThat(rig.known()).containsExactly("2g.20gb@0:2 CREATING a");

        rig.realise("a", rig.slice("2g.20gb", 0, 2));

        assertThat(rig.real()).singleElement().satisfies(gi -> {
            assertThat(gi.id()).isEqualTo(half);
            assertThat(gi.wholeComputeInstance()).isPresent();
        });
    }

    @Test
    void aHalfMadeInstanceWhosePodIsGoneIsRemoved() throws Exception {
        rig.limit = Duration.ZERO;
        rig.machine.inject(
                rig.gpu(0),
                new SimulatedFault("createComputeInstance", SimulatedFault.Effect.REFUSED, GpuErrorCode.TIMEOUT, 1, 0));
        assertThatThrownBy(() -> rig.realise("a", rig.slice("2g.20gb", 0, 2))).isInstanceOf(RealisationException.class);
        rig.restart();

        rig.end("a");

        assertThat(rig.real()).isEmpty();
        assertThat(rig.known()).isEmpty();
    }

    @Test
    void anIdleInstanceIsReusedAsItIs() throws Exception {
        String first = rig.migUuid("a", rig.slice("1g.10gb", 0, 1));
        rig.end("a");

        assertThat(rig.migUuid("b", rig.slice("1g.10gb", 0, 1))).isEqualTo(first);
    }

    @Test
    void anIdleInstanceMakesRoomWhileItsNeighbourKeepsItsIdentity() throws Exception {
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        String neighbour = rig.migUuid("b", rig.slice("1g.10gb", 2, 1));
        rig.end("a");

        rig.realise("c", rig.slice("2g.20gb", 0, 2));

        assertThat(rig.known()).containsExactly("2g.20gb@0:2 ACTIVE c", "1g.10gb@2:1 ACTIVE b");
        assertThat(rig.migUuid("b", rig.slice("1g.10gb", 2, 1))).isEqualTo(neighbour);
    }

    @Test
    void anIdleInstanceElsewhereGivesUpTheMediaEngines() throws Exception {
        rig.realise("a", rig.slice("1g.10gb+me", 0, 1));
        rig.end("a");

        rig.realise("b", rig.slice("1g.10gb+me", 3, 1));

        assertThat(rig.known()).containsExactly("1g.10gb+me@3:1 ACTIVE b");
    }

    @Test
    void aPlaceThatAnotherPodIsAboutToLeaveIsWaitedFor() throws Exception {
        rig.realise("a", rig.slice("3g.40gb", 0, 4));
        CompletableFuture<?> next =
                rig.pool().realise(PoolRig.claim("b", rig.slice("1g.10gb", 1, 1)), rig.limit, _ -> false);
        await().during(Duration.ofMillis(250)).until(() -> !next.isDone());

        rig.end("a");

        next.get(1, TimeUnit.MINUTES);
        assertThat(rig.known()).containsExactly("1g.10gb@1:1 ACTIVE b");
    }

    @Test
    void aPodThatIsGoneWaitsForNoPlaceAnyMore() throws Exception {
        rig.realise("a", rig.slice("3g.40gb", 0, 4));
        CompletableFuture<?> next =
                rig.pool().realise(PoolRig.claim("b", rig.slice("1g.10gb", 1, 1)), rig.limit, _ -> false);

        rig.pool().podGone("b", Duration.ZERO);

        assertThatThrownBy(() -> next.get(1, TimeUnit.MINUTES)).hasCauseInstanceOf(RealisationException.class);
        rig.end("a");
        assertThat(rig.known()).containsExactly("3g.40gb@0:4 IDLE");
    }

    @Test
    void aPlaceThatAnotherPodKeepsFailsTheStartAndLeavesItAlone() throws Exception {
        String kept = rig.migUuid("a", rig.slice("3g.40gb", 0, 4));
        rig.limit = Duration.ofMillis(200);

        assertThatThrownBy(() -> rig.realise("b", rig.slice("1g.10gb", 1, 1)))
                .isInstanceOfSatisfying(RealisationException.class, e -> assertThat(e.code())
                        .isEqualTo(RealisationException.Code.OCCUPIED))
                .hasMessageContaining("3g.40gb at 0:4")
                .hasMessageContaining("pod a");
        assertThat(rig.migUuid("a", rig.slice("3g.40gb", 0, 4))).isEqualTo(kept);
    }

    @Test
    void aForeignInstanceFailsTheStartAtOnceAndStays() throws Exception {
        GpuInstance foreign =
                rig.machine.createForeignInstance(rig.gpu(0), MigProfile.parse("1g.10gb"), new Placement(0, 1), 1);

        assertThatThrownBy(() -> rig.realise("a", rig.slice("1g.10gb", 0, 1)))
                .isInstanceOfSatisfying(RealisationException.class, e -> assertThat(e.code())
                        .isEqualTo(RealisationException.Code.BLOCKED));
        assertThat(rig.real()).containsExactly(foreign);
    }

    @Test
    void whatAMonitorHoldsIsStuckUntilItLetsGo() throws Exception {
        String held = rig.migUuid("a", rig.slice("1g.10gb", 0, 1));
        rig.end("a");
        rig.machine.holdUnseen(held, 99);
        rig.limit = Duration.ofMillis(200);
        assertThatThrownBy(() -> rig.realise("b", rig.slice("2g.20gb", 0, 2))).hasMessageContaining("monitoring agent");
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 STUCK");

        rig.machine.endProcess(99);
        rig.realise("b", rig.slice("2g.20gb", 0, 2));

        assertThat(rig.known()).containsExactly("2g.20gb@0:2 ACTIVE b");
    }

    @Test
    void anIdleInstanceIsDestroyedWhenItsTimeIsUp() throws Exception {
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        rig.end("a");
        rig.clock.forward(PoolRig.IDLE_TTL.minusSeconds(5));
        rig.sweep();
        assertThat(rig.real()).hasSize(1);

        rig.clock.forward(Duration.ofSeconds(5));
        rig.sweep();

        assertThat(rig.real()).isEmpty();
    }

    @Test
    void ownersAndIdleInstancesSurviveARestart() throws Exception {
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        rig.realise("b", rig.slice("1g.10gb", 1, 1));
        rig.end("b");

        rig.restart();

        assertThat(rig.known()).containsExactly("1g.10gb@0:1 ACTIVE a", "1g.10gb@1:1 IDLE");
        assertThat(rig.pool().claim("a")).isPresent();
    }

    @Test
    void afterAnotherBootNothingOfTheOldOneIsOurs() throws Exception {
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        rig.machine.reboot();
        rig.machine.createForeignInstance(rig.gpu(0), MigProfile.parse("1g.10gb"), new Placement(0, 1), 1);

        rig.restart();

        assertThat(rig.known()).containsExactly("1g.10gb@0:1 FOREIGN");
    }

    @Test
    void aGpuThatIsLostFailsItsStartsAndTheOtherGoesOn() throws Exception {
        rig.machine.loseGpu(rig.gpu(0));
        Slice elsewhere = new Slice(rig.gpu(1), MigProfile.parse("1g.10gb"), new Placement(0, 1));

        assertThatThrownBy(() -> rig.realise("a", rig.slice("1g.10gb", 0, 1))).hasMessageContaining("GPU_LOST");
        rig.realise("b", elsewhere);

        assertThat(rig.pool().trouble(rig.gpu(0))).isPresent();
        assertThat(rig.pool().trouble(rig.gpu(1))).isEmpty();
    }

    @Test
    void aStateDirectoryThatCannotBeWrittenStopsTheCutBeforeTheDriverIsAsked() throws Exception {
        rig.realise("before", rig.slice("1g.10gb", 6, 1));
        // The writer may still be at it under that name.
        await().ignoreExceptions()
                .until(() -> Files.isDirectory(Files.createDirectories(
                        directory.resolve("ownership.json.tmp").resolve("in-the-way"))));
        rig.limit = Duration.ofMillis(100);

        assertThatThrownBy(() -> rig.realise("a", rig.slice("1g.10gb", 0, 1)))
                .isInstanceOfSatisfying(RealisationException.class, e -> assertThat(e.code())
                        .isEqualTo(RealisationException.Code.STATE));
        assertThat(rig.real()).hasSize(1);
    }

    @Test
    void aGpuThatIsAwayAtOneStartHasItsInstancesAtTheNext() throws Exception {
        String kept = rig.migUuid("a", rig.slice("1g.10gb", 0, 1));
        rig.realise("b", rig.slice("1g.10gb", 1, 1));
        rig.end("b");
        rig.restartWithoutFirstGpu();
        assertThat(rig.known()).isEmpty();
        Slice elsewhere = new Slice(rig.gpu(1), MigProfile.parse("1g.10gb"), new Placement(0, 1));
        rig.realise("c", elsewhere);

        rig.restart();

        assertThat(rig.known())
                .containsExactlyInAnyOrder("1g.10gb@0:1 ACTIVE a", "1g.10gb@1:1 IDLE", "1g.10gb@0:1 ACTIVE c");
        assertThat(rig.migUuid("a", rig.slice("1g.10gb", 0, 1))).isEqualTo(kept);
    }

    @Test
    void aGpuThatComesIsTakenInWithWhatTheFileHasAboutIt() throws Exception {
        String kept = rig.migUuid("a", rig.slice("1g.10gb", 0, 1));
        rig.realise("b", rig.slice("1g.10gb", 1, 1));
        rig.end("b");
        rig.restartWithoutFirstGpu();

        rig.takeInAll();

        assertThat(rig.known()).containsExactlyInAnyOrder("1g.10gb@0:1 ACTIVE a", "1g.10gb@1:1 IDLE");
        assertThat(rig.migUuid("a", rig.slice("1g.10gb", 0, 1))).isEqualTo(kept);
        rig.realise("c", rig.slice("2g.20gb", 2, 2));
        rig.restart();
        assertThat(rig.known())
                .containsExactlyInAnyOrder("1g.10gb@0:1 ACTIVE a", "1g.10gb@1:1 IDLE", "2g.20gb@2:2 ACTIVE c");
    }

    @Test
    void whatTheFileHasAboutAnEarlierBootIsNotOnAGpuThatComes() throws Exception {
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        rig.machine.reboot();
        rig.restartWithoutBoot();
        assertThat(rig.known()).isEmpty();

        rig.takeInAll();

        assertThat(rig.known()).isEmpty();
        rig.machine.createForeignInstance(rig.gpu(0), MigProfile.parse("1g.10gb"), new Placement(0, 1), 1);
        rig.sweep();
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 FOREIGN");
    }

    @Test
    void aPodThatHasSomethingOnAGpuThatIsAwayIsNotSentElsewhere() throws Exception {
        Slice away = rig.slice("1g.10gb", 0, 1);
        Slice alsoAway = rig.slice("1g.10gb", 1, 1);
        rig.realise("a", away);
        rig.restartWithoutFirstGpu();

        assertThatThrownBy(() -> rig.realise("a", away))
                .isInstanceOfSatisfying(RealisationException.class, e -> {
                    assertThat(e.code()).isEqualTo(RealisationException.Code.DRIVER);
                    assertThat(e.blockedSlice()).isEmpty();
                })
                .hasMessageContaining("1g.10gb at 0:1");
        assertThatThrownBy(() -> rig.realise("b", alsoAway))
                .isInstanceOfSatisfying(RealisationException.class, e -> assertThat(e.blockedSlice())
                        .contains(alsoAway));
    }

    @Test
    void whatAnErrorHitGoesToNobodyElseAlsoAfterARestart() throws Exception {
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        int hit = rig.real().getFirst().id();
        assertThat(rig.pool().distrust(rig.gpu(0), hit)).isPresent();
        rig.sweep();

        rig.restart();
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 ACTIVE a");
        rig.end("a");

        assertThat(rig.real()).isEmpty();
    }
}
