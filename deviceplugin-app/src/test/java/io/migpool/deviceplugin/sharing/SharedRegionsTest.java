package io.migpool.deviceplugin.sharing;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.sharing.SharedRegion.Device;
import io.migpool.deviceplugin.sharing.SharedRegion.Use;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What containers on shared GPUs say about themselves, and what of it is believed. */
class SharedRegionsTest {

    private static final ContainerClaim MAIN =
            new ContainerClaim("main", 0, false, true, List.of(new ClaimedDevice.Shared("GPU-a", 3000, 30)));
    private static final PodClaim POD = new PodClaim("uid-llm", "default", "llm", List.of(MAIN));

    private final SharingDirectories directories;
    private final SharedRegions regions;

    SharedRegionsTest(@TempDir Path hook) {
        directories = SharingDirectories.under(hook);
        regions = new SharedRegions(directories);
    }

    private Optional<SharedRegion> read() {
        return regions.read(POD, MAIN);
    }

    private Path directory() {
        return directories.of(POD, MAIN);
    }

    private Path file() {
        return directory().resolve(SharingDirectories.sharedFile(POD, MAIN));
    }

    private static RegionImage image(boolean versioned) {
        return versioned ? RegionImage.version1() : RegionImage.unversioned();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void processesAreSummedForEachGpu(boolean versioned) throws Exception {
        image(versioned)
                .gpus("GPU-a", "GPU-b")
                .processOn(0, 17, 12, 1, 20, 300, 4000, 50_000)
                .processOn(0, 18, 30, 2, 30, 400, 5000, 60_000)
                .processOn(1, 19, 7, 3, 40, 500, 6000, 70_000)
                .processOn(0, 0, 99, 9, 9, 9, 9, 9)
                .priority(0)
                .recentKernel(2)
                .utilizationSwitch(0)
                .lastKernel(1_700_000_000)
                .writeTo(file());

        SharedRegion region = read().orElseThrow();

        assertThat(region.devices())
                .containsExactly(
                        new Device("GPU-a", 1000, new Use(3, 50, 700, 9000, 110_000, 42)),
                        new Device("GPU-b", 2000, new Use(3, 40, 500, 6000, 70_000, 7)));
        assertThat(regions.with(POD, MAIN, SharedRegionFile::turn)).contains(new SharedRegion.Turn(2, 0));
        assertThat(region.lastKernelSeconds())
                .isEqualTo(versioned ? OptionalLong.of(1_700_000_000) : OptionalLong.empty());
        assertThat(region.of("GPU-b")).map(Device::limitBytes).contains(2000L);
        assertThat(region.of("GPU-c")).isEmpty();
    }

    @Test
    void aContainerSaysNothingBeforeItUsesItsGpu() throws Exception {
        assertThat(read()).isEmpty();
        Files.createDirectories(directory());
        assertThat(read()).isEmpty();
        Files.createFile(file());
        assertThat(read()).isEmpty();
        RegionImage.version1().flag(0).writeTo(file());
        assertThat(read()).isEmpty();
    }

    @Test
    void theFileOfAContainerThatHamiStartedIsFoundUnderItsRandomName() throws Exception {
        Files.createDirectories(directory());
        Files.writeString(directory().resolve("core.17"), "something else");
        RegionImage.unversioned()
                .gpus("GPU-a")
                .writeTo(directory().resolve("4e8f3c9e-0f43-4b8e-9f9b-5e0bb0fb2b6d.cache"));

        assertThat(read().orElseThrow().of("GPU-a")).isPresent();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void countsAndFiguresThatCannotBeAreNotBelieved(boolean versioned) throws Exception {
        image(versioned)
                .gpus("GPU-a")
                .processOn(0, 17, -5, -1, Long.MAX_VALUE, 300, 0, Long.MIN_VALUE)
                .lying(Long.MAX_VALUE, Integer.MAX_VALUE)
                .lastKernel(-1)
                .writeTo(file());

        SharedRegion region = read().orElseThrow();

        assertThat(region.devices()).hasSize(16);
        assertThat(region.of("GPU-a")).contains(new Device("GPU-a", 1000, new Use(0, 0, 300, 0, 0, 0)));
        assertThat(region.lastKernelSeconds()).isEmpty();
    }

    @Test
    void whatAnotherVersionWritesIsNotGuessedAt() throws Exception {
        RegionImage.version1().gpus("GPU-a").major(2).writeTo(file());
        assertThat(read()).isEmpty();
        RegionImage.version1().gpus("GPU-a").flag(1).writeTo(file());
        assertThat(read()).isEmpty();
    }

    @Test
    void aFileThatIsCutShortAnywhereSaysNothingAndHarmsNobody() throws Exception {
        byte[] whole = RegionImage.version1().gpus("GPU-a").lying(1, 1024).bytes();
        Random random = new Random(20261129);
        Files.createDirectories(directory());
        for (int i = 0; i < 200; i++) {
            Files.write(file(), Arrays.copyOf(whole, random.nextInt(whole.length - 5 * Long.BYTES)));
            assertThat(read()).isEmpty();
        }
    }

    @Test
    void anyBytesAtAllAreReadWithoutHarm() throws Exception {
        byte[] whole = RegionImage.version1()
                .gpus("GPU-a")
                .processOn(0, 17, 5, 1, 1, 1, 1, 1)
                .bytes();
        Random random = new Random(20261129);
        Files.createDirectories(directory());
        for (int i = 0; i < 200; i++) {
            byte[] broken = whole.clone();
            for (int j = 0; j < 64; j++) {
                broken[8 + random.nextInt(j % 2 == 0 ? 2000 : broken.length - 8)] = (byte) random.nextInt();
            }
            Files.write(file(), broken);
            assertThat(read()).hasValueSatisfying(region -> {
                assertThat(region.devices()).hasSizeLessThanOrEqualTo(16);
                assertThat(region.devices()).allSatisfy(device -> {
                    assertThat(device.use().totalBytes()).isNotNegative();
                    assertThat(device.use().smPercent()).isNotNegative();
                });
            });
        }
    }

    @Test
    void aLinkThatTheContainerMadeIsNotFollowed() throws Exception {
        Path other = RegionImage.version1()
                .gpus("GPU-a")
                .writeTo(directories.containers().resolve("elsewhere").resolve("other.cache"));
        Files.createDirectories(directory());
        Files.createSymbolicLink(file(), other);
        assertThat(read()).isEmpty();
        Files.delete(file());
        Files.createSymbolicLink(directory().resolve("linked.cache"), other);
        assertThat(read()).isEmpty();
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aPipeInPlaceOfTheFileKeepsNobodyWaiting() throws Exception {
        Files.createDirectories(directory());
        Assumptions.assumeTrue(makePipe(file()), "install coreutils: mkfifo makes the pipe of this test");

        assertThat(read()).isEmpty();
    }

    private static boolean makePipe(Path path) throws InterruptedException {
        try {
            Process made = new ProcessBuilder("mkfifo", path.toString()).start();
            return made.waitFor(30, TimeUnit.SECONDS) && made.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void linksOfAnAgentThatWasKilledAreRemovedAndTheirFilesStay() throws Exception {
        regions.removeLeftovers();
        image(true).gpus("GPU-a").writeTo(file());
        Path links = directories.containers().resolveSibling(".regions");
        Files.createDirectories(links);
        Files.createLink(links.resolve("left"), file());

        regions.removeLeftovers();

        assertThat(links).isEmptyDirectory();
        assertThat(read()).isPresent();
    }
}
