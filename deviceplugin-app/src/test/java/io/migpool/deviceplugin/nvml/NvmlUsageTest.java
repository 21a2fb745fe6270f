package io.migpool.deviceplugin.nvml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuUsage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How busy GPUs and instances are, from the counters that the driver has for each. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NvmlUsageTest {

    private static final String AMPERE = "NVIDIA A100-SXM4-80GB";
    private static final String HOPPER = "NVIDIA H100 80GB HBM3";

    private FakeDriver fake;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    private static GpuUsage.InstanceUsage only(NvmlLab lab) throws GpuException {
        return lab.driver().usage(lab.gpu()).instances().getFirst();
    }

    @Test
    void withoutMigTheGpuSaysHowBusyItIs() throws GpuException {
        fake.boot(false, AMPERE);
        try (NvmlLab lab = fake.open()) {
            fake.hooks().fake_busy(0, 42);

            GpuUsage usage = lab.driver().usage(lab.gpu());

            assertThat(usage.computePercent()).hasValue(42);
            assertThat(usage.memoryAccessPercent()).hasValue(21);
        }
    }

    @Test
    void anInstanceIsAsBusyAsItWasBetweenTwoLooks() throws GpuException {
        fake.boot(true, HOPPER);
        try (NvmlLab lab = fake.open()) {
            lab.cutWhole("3g.40gb", "4:4");
            assertThat(only(lab).smPercent()).isEmpty();

            fake.hooks().fake_busy(0, 80);

            GpuUsage.InstanceUsage usage = only(lab);
            assertThat(usage.smPercent().orElseThrow()).isEqualTo(40, within(0.001));
            assertThat(usage.memoryBandwidthPercent().orElseThrow()).isEqualTo(20, within(0.001));
            assertThat(only(lab).smPercent()).hasValue(80);
        }
    }

    @Test
    void anInstanceIsNotComparedWithTheOneThatHadItsIdBefore() throws GpuException {
        fake.boot(true, HOPPER);
        try (NvmlLab lab = fake.open()) {
            GpuInstance first = lab.cutWhole("3g.40gb", "0:4");
            only(lab);
            lab.destroy(first);
            GpuInstance second = lab.cutWhole("3g.40gb", "4:4");
            assertThat(second.id()).isEqualTo(first.id());

            assertThat(only(lab).smPercent()).isEmpty();
            assertThat(only(lab).smPercent()).hasValue(0);
        }
    }

    @Test
    void samplesOfInstancesThatAreGoneAreGivenBack() throws GpuException {
        fake.boot(true, HOPPER);
        try (NvmlLab lab = fake.open()) {
            GpuInstance instance = lab.cutWhole("3g.40gb", "0:4");
            lab.cutWhole("1g.10gb", "4:1");
            lab.driver().usage(lab.gpu());
            lab.driver().usage(lab.gpu());
            assertThat(fake.hooks().fake_samples()).isEqualTo(2);

            lab.destroy(instance);
            lab.driver().usage(lab.gpu());

            assertThat(fake.hooks().fake_samples()).isEqualTo(1);
        }
    }

    @Test
    void aBoardThatDoesNotCountIsAskedOnce() throws GpuException {
        fake.boot(true, AMPERE);
        try (NvmlLab lab = fake.open()) {
            lab.cutWhole("3g.40gb", "0:4");
            only(lab);

            assertThat(only(lab).smPercent()).isEmpty();
            assertThat(fake.hooks().fake_calls("nvmlGpmQueryDeviceSupport")).isOne();
            assertThat(fake.hooks().fake_calls("nvmlGpmSampleAlloc")).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nvmlGpmSampleAlloc", "nvmlGpmMigSampleGet", "nvmlGpmMetricsGet", "nvmlGpmSampleFree"})
    void whereCountersFailTheMemoryIsToldAllTheSameAndNothingIsKept(String call) throws GpuException {
        fake.boot(true, HOPPER);
        try (NvmlLab lab = fake.open()) {
            lab.cutWhole("3g.40gb", "0:4");
            only(lab);
            fake.failOnce(call, ReturnCode.UNKNOWN);

            assertThat(only(lab).smPercent()).isEqualTo(OptionalDouble.empty());

            assertThat(only(lab).memory().totalBytes()).isPositive();
            assertThat(only(lab).smPercent()).isPresent();
            assertThat(fake.hooks().fake_samples()).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void theRestIsToldOfABoardWithoutMemoryOfItsOwn() throws GpuException {
        fake.boot(true, HOPPER);
        try (NvmlLab lab = fake.open()) {
            fake.failOnce("nvmlDeviceGetMemoryInfo", ReturnCode.NOT_SUPPORTED);

            assertThat(lab.driver().usage(lab.gpu()).memory()).isEmpty();
            assertThat(lab.driver().usage(lab.gpu()).memory()).isPresent();
        }
    }
}
