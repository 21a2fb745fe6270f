package io.migpool.deviceplugin.nvml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuLink;
import io.migpool.deviceplugin.gpu.PciePath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the GPUs of a machine reach each other. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NvmlLinksTest {

    private static final String MODEL = "NVIDIA A100-SXM4-80GB";

    private FakeDriver fake;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    private void link(int gpu, int peer, int there, int back) {
        fake.hooks().fake_link(gpu, peer, there);
        fake.hooks().fake_link(peer, gpu, back);
    }

    private static List<Integer> nvLinks(NvmlLab lab) throws GpuException {
        return lab.driver().links().stream().map(GpuLink::nvLinks).toList();
    }

    @Test
    void eachPairIsToldOnceWithTheLinksThatBothEndsHave() throws GpuException {
        fake.boot(false, MODEL, MODEL, MODEL);
        link(0, 2, 4, 4);
        link(1, 2, 3, 2);
        try (NvmlLab lab = fake.open()) {
            List<String> uuids =
                    lab.driver().gpus().stream().map(gpu -> gpu.uuid()).toList();

            assertThat(lab.driver().links())
                    .extracting(GpuLink::gpuUuid, GpuLink::peerUuid, GpuLink::nvLinks)
                    .containsExactly(
                            tuple(uuids.get(0), uuids.get(1), 0),
                            tuple(uuids.get(0), uuids.get(2), 4),
                            tuple(uuids.get(1), uuids.get(2), 2));
        }
    }

    @Test
    void throughSwitchesEveryPairHasWhatBothHaveToThem() throws GpuException {
        fake.boot(true, MODEL, MODEL, MODEL);
        fake.hooks().fake_link(0, -1, 12);
        fake.hooks().fake_link(1, -1, 12);
        fake.hooks().fake_link(2, -1, 10);
        try (NvmlLab lab = fake.open()) {
            assertThat(nvLinks(lab)).containsExactly(12, 10, 10);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, SAME_BOARD",
        "10, SINGLE_SWITCH",
        "20, MULTIPLE_SWITCHES",
        "30, HOST_BRIDGE",
        "40, SAME_CPU",
        "50, CROSS_CPU",
        "60, UNKNOWN",
        "-1, UNKNOWN"
    })
    void theWayOverPcieIsTheDriversWord(int level, PciePath path) throws GpuException {
        fake.boot(false, MODEL, MODEL);
        fake.set("ancestor", level);
        try (NvmlLab lab = fake.open()) {
            assertThat(lab.driver().links()).extracting(GpuLink::path).containsExactly(path);
        }
    }

    @Test
    void aLostGpuHidesOnlyItsOwnPairs() throws GpuException {
        fake.boot(false, MODEL, MODEL, MODEL);
        link(0, 2, 4, 4);
        try (NvmlLab lab = fake.open()) {
            fake.hooks().fake_lose(1, 1);

            assertThat(nvLinks(lab)).containsExactly(4);
        }
    }

    @Test
    void aDriverWithoutNvLinkTellsOfNone() throws GpuException {
        fake.boot(false, MODEL, MODEL);
        link(0, 1, 4, 4);
        fake.hooks().fake_fail("nvmlDeviceGetNvLinkState", ReturnCode.NOT_SUPPORTED.number(), 36);
        try (NvmlLab lab = fake.open()) {
            assertThat(nvLinks(lab)).containsExactly(0);
        }
    }

    @Test
    void aFailureOfTheCallsHidesTheGpuAndIsNoFailureOfAll() throws GpuException {
        fake.boot(false, MODEL, MODEL, MODEL);
        link(1, 2, 4, 4);
        fake.failOnce("nvmlDeviceGetNvLinkState", ReturnCode.UNKNOWN);
        try (NvmlLab lab = fake.open()) {
            assertThat(nvLinks(lab)).containsExactly(4);
        }
    }
}
