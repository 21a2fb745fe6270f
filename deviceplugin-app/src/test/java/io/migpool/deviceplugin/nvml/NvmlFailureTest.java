package io.migpool.deviceplugin.nvml;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever call of the library fails in whatever way, the caller of the port is told what failed, where, and what to
 * do.
 */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NvmlFailureTest {

    private static final String HOPPER = "NVIDIA H100 80GB HBM3";
    private static final List<String> VISIT =
            List.of("nvmlDeviceGetHandleByPciBusId_v2", "nvmlDeviceGetUUID", "nvmlDeviceGetMigMode");

    /** Calls of the library by the call of the port that makes them, where their failure is the port's. */
    private static final Map<String, List<String>> CALLS = Map.of(
            "migMode", VISIT,
            "recoveryAction", concat(VISIT, "nvmlDeviceGetFieldValues"),
            "usage",
                    concat(
                            VISIT,
                            "nvmlDeviceGetUtilizationRates",
                            "nvmlDeviceGetMaxMigDeviceCount",
                            "nvmlDeviceGetMigDeviceHandleByIndex",
                            "nvmlDeviceGetGpuInstanceId",
                            "nvmlDeviceGetComputeInstanceId",
                            "nvmlDeviceGetMemoryInfo"),
            "enableMig", concat(VISIT, "nvmlDeviceSetMigMode"),
            "instances",
                    concat(
                            VISIT,
                            "nvmlDeviceGetGpuInstances",
                            "nvmlGpuInstanceGetInfo",
                            "nvmlGpuInstanceGetComputeInstanceProfileInfo",
                            "nvmlGpuInstanceGetComputeInstances",
                            "nvmlComputeInstanceGetInfo_v2"),
            "createGpuInstance", concat(VISIT, "nvmlDeviceCreateGpuInstanceWithPlacement"),
            "createComputeInstance",
                    concat(
                            VISIT,
                            "nvmlDeviceGetGpuInstanceById",
                            "nvmlGpuInstanceGetInfo",
                            "nvmlGpuInstanceCreateComputeInstance"),
            "destroyComputeInstance",
                    concat(
                            VISIT,
                            "nvmlDeviceGetGpuInstanceById",
                            "nvmlGpuInstanceGetComputeInstanceById",
                            "nvmlComputeInstanceGetInfo_v2",
                            "nvmlComputeInstanceDestroy"),
            "destroyGpuInstance", concat(VISIT, "nvmlDeviceGetGpuInstanceById", "nvmlGpuInstanceDestroy"),
            "processes",
                    concat(
                            VISIT,
                            "nvmlDeviceGetComputeRunningProcesses_v3",
                            "nvmlDeviceGetGraphicsRunningProcesses_v3",
                            "nvmlDeviceGetMPSComputeRunningProcesses_v3",
                            "nvmlDeviceGetMaxMigDeviceCount",
                            "nvmlDeviceGetMigDeviceHandleByIndex",
                            "nvmlDeviceGetGpuInstanceId",
                            "nvmlDeviceGetComputeInstanceId"));

    /** Codes that no call treats as a hint to try another way. */
    private static final Set<ReturnCode> PLAIN = Set.of(
            ReturnCode.UNINITIALIZED,
            ReturnCode.NO_PERMISSION,
            ReturnCode.INSUFFICIENT_POWER,
            ReturnCode.DRIVER_NOT_LOADED,
            ReturnCode.TIMEOUT,
            ReturnCode.IRQ_ISSUE,
            ReturnCode.GPU_IS_LOST,
            ReturnCode.RESET_REQUIRED,
            ReturnCode.OPERATING_SYSTEM,
            ReturnCode.LIB_RM_VERSION_MISMATCH,
            ReturnCode.IN_USE,
            ReturnCode.MEMORY,
            ReturnCode.INSUFFICIENT_RESOURCES,
            ReturnCode.NOT_READY,
            ReturnCode.INVALID_STATE,
            ReturnCode.UNKNOWN);

    private FakeDriver fake;
    private NvmlLab lab;
    private String gpu;
    private GpuInstance whole;
    private GpuInstance bare;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    @BeforeEach
    void boot() throws GpuException {
        fake.boot(true, HOPPER, HOPPER);
        lab = fake.open();
        gpu = lab.gpu();
        whole = lab.cutWhole("3g.40gb", "4:4");
        bare = lab.cut("1g.10gb", "0:1");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    private static List<String> concat(List<String> some, String... more) {
        return Stream.concat(some.stream(), Stream.of(more)).toList();
    }

    static Stream<Arguments> callsAndCodes() {
        return CALLS.entrySet().stream().sorted(Map.Entry.comparingByKey()).flatMap(entry -> entry.getValue().stream()
                .flatMap(symbol -> PLAIN.stream().sorted().map(code -> Arguments.of(entry.getKey(), symbol, code))));
    }

    @ParameterizedTest(name = "{0}: {1} answers {2}")
    @MethodSource("callsAndCodes")
    void aFailureIsToldWithCallGpuAndRemedy(String call, String symbol, ReturnCode code) throws GpuException {
        if (call.equals("enableMig")) {
            lab.close();
            fake.boot(false, HOPPER);
            lab = fake.open();
        }
        fake.failOnce(symbol, code);

        GpuException failure = catchThrowableOfType(GpuException.class, () -> perform(call));

        assertThat(failure).isNotNull();
        assertThat(failure.code()).as(failure.getMessage()).isEqualTo(code.errorCode());
        assertThat(failure.call()).isEqualTo(call);
        assertThat(failure.gpuUuid()).isEqualTo(gpu);
        assertThat(failure)
                .hasMessageContaining("%s answered %s (%d), %s".formatted(symbol, code, code.number(), code.meaning()))
                .hasMessageEndingWith(failure.code().remedy());
        perform(call);
    }

    private void perform(String call) throws GpuException {
        ComputeInstance compute = whole.computeInstances().getFirst();
        switch (call) {
            case "usage" -> lab.driver().usage(gpu);
            case "recoveryAction" -> lab.driver().recoveryAction(gpu);
            case "migMode" -> lab.driver().migMode(gpu);
            case "enableMig" -> lab.driver().enableMig(gpu);
            case "instances" -> lab.driver().instances(gpu);
            case "createGpuInstance" -> lab.cut("1g.10gb", "1:1");
            case "createComputeInstance" -> lab.driver().createComputeInstance(bare);
            case "destroyComputeInstance" -> lab.driver().destroyComputeInstance(whole, compute);
            case "destroyGpuInstance" -> lab.driver().destroyGpuInstance(bare);
            case "processes" -> lab.driver().processes(gpu);
            default -> throw new IllegalArgumentException(call);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ReturnCode.class,
            names = {"UNKNOWN", "TIMEOUT", "INVALID_ARGUMENT", "NOT_FOUND"})
    void whatWasMadeButCannotBeReadIsNotReportedAsUnchanged(ReturnCode code) {
        fake.failOnce("nvmlGpuInstanceGetInfo", code);
        assertRefused(GpuErrorCode.UNKNOWN, () -> lab.cut("1g.10gb", "1:1"))
                .contains("1g.10gb at 1:1 was made but cannot be read back");

        fake.failOnce("nvmlComputeInstanceGetInfo_v2", code);
        assertRefused(GpuErrorCode.UNKNOWN, () -> lab.driver().createComputeInstance(bare))
                .contains("was made but cannot be read back");
    }

    @Test
    void aGpuThatIsNotFoundAnyMoreIsLost() {
        fake.failOnce("nvmlDeviceGetHandleByPciBusId_v2", ReturnCode.NOT_FOUND);
        assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().instances(gpu)).contains("00000000:A0:00.0");
        fake.failOnce("nvmlDeviceGetHandleByPciBusId_v2", ReturnCode.GPU_NOT_FOUND);
        assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().instances(gpu));
    }

    @ParameterizedTest
    @EnumSource(
            value = ReturnCode.class,
            names = {"INVALID_ARGUMENT", "NOT_FOUND"})
    void anInstanceThatGoesWhileItIsSoughtIsGone(ReturnCode code) {
        ComputeInstance compute = whole.computeInstances().getFirst();
        fake.failOnce("nvmlGpuInstanceGetInfo", code);
        assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().destroyGpuInstance(bare));
        fake.failOnce("nvmlGpuInstanceDestroy", code);
        assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().destroyGpuInstance(bare));
        fake.failOnce("nvmlComputeInstanceDestroy", code);
        assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().destroyComputeInstance(whole, compute));
        fake.failOnce("nvmlGpuInstanceCreateComputeInstance", code);
        assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().createComputeInstance(bare));
    }

    @ParameterizedTest
    @EnumSource(
            value = ReturnCode.class,
            names = {"INVALID_ARGUMENT", "NOT_FOUND"})
    void aListIsReadAgainWhenAnInstanceGoesMeanwhile(ReturnCode code) throws GpuException {
        fake.hooks().fake_fail("nvmlGpuInstanceGetInfo", code.number(), 2);
        assertThat(lab.instances()).hasSize(2);

        fake.hooks().fake_fail("nvmlGpuInstanceGetInfo", code.number(), 3);
        assertRefused(GpuErrorCode.UNKNOWN, lab::instances).contains("come and go");
    }

    @Test
    void aProfileThatTheDriverWithholdsIsLeftOutAndAFailureIsNot() throws GpuException {
        lab.close();
        fake.boot(true, HOPPER);
        fake.failOnce("nvmlDeviceGetGpuInstancePossiblePlacements_v2", ReturnCode.NOT_SUPPORTED);
        lab = fake.open();
        assertThat(lab.description().profiles()).hasSize(6);

        lab.close();
        fake.boot(true, HOPPER);
        fake.failOnce("nvmlDeviceGetGpuInstancePossiblePlacements_v2", ReturnCode.UNKNOWN);
        lab = fake.open();
        assertThat(lab.description().profiles()).isEmpty();
        assertThat(lab.description().profiles()).hasSize(7);
    }

    @Test
    void withoutAWholeComputeProfileNoComputeInstanceIsMade() {
        fake.hooks().fake_fail("nvmlGpuInstanceGetComputeInstanceProfileInfo", ReturnCode.NOT_SUPPORTED.number(), 16);
        assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.driver().createComputeInstance(bare))
                .contains("no compute instance of 1 slices");
    }
}
