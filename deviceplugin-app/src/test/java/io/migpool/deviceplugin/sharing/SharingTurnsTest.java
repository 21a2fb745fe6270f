package io.migpool.deviceplugin.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose turn it is on a shared GPU. */
class SharingTurnsTest {

    private static final int WAITS = -1;

    @TempDir
    Path hook;

    private final List<PodClaim> claims = new CopyOnWriteArrayList<>();

    private Path pod(String name, RegionImage region, String... gpus) throws IOException {
        return pod(name, ContainerClaim.USUAL_PRIORITY, region, gpus);
    }

    private Path pod(String name, int priority, RegionImage region, String... gpus) throws IOException {
        ContainerClaim main = new ContainerClaim(
                "main",
                0,
                false,
                true,
                priority,
                Stream.of(gpus)
                        .<ClaimedDevice>map(gpu -> new ClaimedDevice.Shared(gpu, 1000, 30))
                        .toList());
        PodClaim pod = new PodClaim("uid-" + name, "default", name, List.of(main));
        claims.add(pod);
        return region.gpus(gpus)
                .writeTo(
                        SharingDirectories.under(hook).of(pod, main).resolve(SharingDirectories.sharedFile(pod, main)));
    }

    private SharingTurns turns() {
        return new SharingTurns(new SharedRegions(SharingDirectories.under(hook)), () -> claims);
    }

    private static int kernel(Path file) throws IOException {
        return RegionImage.recentKernelOf(file);
    }

    private static int limit(Path file) throws IOException {
        return RegionImage.utilizationSwitchOf(file);
    }

    @Test
    void kernelsOfLowerPriorityWaitWhileOneOfHigherPriorityIsActiveOnTheSameGpu() throws Exception {
        Path high = pod("high", 0, RegionImage.version1().recentKernel(2), "GPU-a");
        Path low = pod("low", 1, RegionImage.version1().recentKernel(2), "GPU-a");
        Path old = pod("old", 1, RegionImage.unversioned().recentKernel(2), "GPU-b", "GPU-a");
        Path elsewhere = pod("elsewhere", 1, RegionImage.version1().recentKernel(2), "GPU-c");
        SharingTurns turns = turns();

        turns.round();

        assertThat(kernel(high)).isEqualTo(1);
        assertThat(kernel(low)).isEqualTo(WAITS);
        assertThat(kernel(old)).isEqualTo(WAITS);
        assertThat(kernel(elsewhere)).isEqualTo(1);

        turns.round();

        assertThat(kernel(high)).as("no kernel since the last round").isZero();
        assertThat(kernel(low)).isZero();
        assertThat(kernel(old)).isZero();
    }

    @Test
    void whoWaitsGoesOnWhenThePodOfHigherPriorityIsGone() throws Exception {
        pod("high", 0, RegionImage.version1().recentKernel(2), "GPU-a");
        Path low = pod("low", 1, RegionImage.version1(), "GPU-a");
        SharingTurns turns = turns();
        turns.round();
        assertThat(kernel(low)).isEqualTo(WAITS);

        claims.removeFirst();
        turns.round();

        assertThat(kernel(low)).isZero();
    }

    @Test
    void computeIsLimitedOnlyWhileThereIsSomebodyToCompeteWith() throws Exception {
        Path alone = pod("alone", RegionImage.version1().recentKernel(2), "GPU-a");
        Path one = pod("one", RegionImage.version1().recentKernel(2), "GPU-b");
        Path other = pod("other", RegionImage.version1().recentKernel(2).utilizationSwitch(0), "GPU-b");
        Path idle = pod("idle", RegionImage.version1(), "GPU-a");

        turns().round();

        assertThat(limit(alone)).isZero();
        assertThat(limit(idle)).isZero();
        assertThat(limit(one)).isEqualTo(1);
        assertThat(limit(other)).isEqualTo(1);
        assertThat(kernel(one)).as("equals do not wait").isEqualTo(1);
        assertThat(kernel(other)).isEqualTo(1);
    }

    @Test
    void whatAContainerClaimsToBeMakesNobodyWaitOnGpusThatItWasNotGiven() throws Exception {
        Path liar = pod("liar", 0, RegionImage.version1().recentKernel(Integer.MAX_VALUE), "GPU-a");
        RegionImage.version1()
                .gpus("GPU-b")
                .priority(0)
                .recentKernel(Integer.MAX_VALUE)
                .writeTo(liar);
        Path low = pod("low", 1, RegionImage.version1().recentKernel(2), "GPU-b");

        turns().round();

        assertThat(kernel(low)).isEqualTo(1);
        assertThat(kernel(liar)).as("active no longer than its kernels make it").isEqualTo(1);
    }

    @Test
    void noContainerRaisesItsOwnPriority() throws Exception {
        Path liar = pod("liar", RegionImage.version1().priority(0).recentKernel(2), "GPU-a");
        Path equal = pod("equal", RegionImage.version1().priority(1).recentKernel(2), "GPU-a");
        Path low = pod("low", 2, RegionImage.version1().priority(0).recentKernel(2), "GPU-a");

        turns().round();

        assertThat(kernel(liar)).isEqualTo(1);
        assertThat(kernel(equal)).isEqualTo(1);
        assertThat(limit(equal)).as("they compete").isEqualTo(1);
        assertThat(kernel(low)).isEqualTo(WAITS);
    }

    @Test
    void aContainerThatCannotBeReadKeepsNobodyFromTheirTurns() throws Exception {
        Path broken = pod("broken", RegionImage.version1(), "GPU-a");
        Files.writeString(broken, "this is none of hami-core's files");
        pod("high", 0, RegionImage.version1().recentKernel(2), "GPU-a");
        Path low = pod("low", 1, RegionImage.version1(), "GPU-a");

        turns().round();

        assertThat(kernel(low)).isEqualTo(WAITS);
        assertThat(broken).hasContent("this is none of hami-core's files");
        assertThat(hook.resolve("vgpu/.regions")).isEmptyDirectory();
    }

    @Test
    void nobodyWaitsAndEveryLimitHoldsOnceNoTurnsAreTaken() throws Exception {
        Path high = pod("high", 0, RegionImage.version1().recentKernel(2), "GPU-a");
        Path low = pod("low", 1, RegionImage.version1(), "GPU-a");
        try (SharingTurns turns = turns()) {
            turns.start();
            await().untilAsserted(() -> {
                assertThat(kernel(low)).isEqualTo(WAITS);
                assertThat(limit(high)).isZero();
            });
        }

        assertThat(kernel(low)).isZero();
        assertThat(limit(high)).isEqualTo(1);
    }
}
