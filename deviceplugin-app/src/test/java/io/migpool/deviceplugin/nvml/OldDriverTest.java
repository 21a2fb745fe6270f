package io.migpool.deviceplugin.nvml;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.DriverVersions;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A library that lacks what newer ones have does the same work. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OldDriverTest {

    private static final String AMPERE = "NVIDIA A100-SXM4-80GB";
    private static final String HOPPER = "NVIDIA H100 80GB HBM3";

    private static final List<String> PROCESS_LISTS = List.of(
            "nvmlDeviceGetComputeRunningProcesses",
            "nvmlDeviceGetGraphicsRunningProcesses",
            "nvmlDeviceGetMPSComputeRunningProcesses");

    private FakeDriver old;
    private FakeDriver current;

    @BeforeAll
    void compile(@TempDir Path oldRoot, @TempDir Path currentRoot) throws IOException, InterruptedException {
        old = FakeDriver.compile(oldRoot, FakeDriver.OLD);
        current = FakeDriver.compile(currentRoot);
    }

    @Test
    void anOldDriverTellsItsVersionWithoutThatOfCuda() throws GpuException {
        old.boot(true, AMPERE);
        try (NvmlLab lab = old.open()) {
            assertThat(lab.driver().versions()).contains(new DriverVersions("580.65.06", Optional.empty()));
        }
    }

    @Test
    void anOldDriverTellsTheSameProfiles() throws GpuException {
        old.boot(true, AMPERE);
        current.boot(true, AMPERE);
        try (NvmlLab one = old.open();
                NvmlLab other = current.open()) {
            assertThat(one.description().profiles())
                    .isEqualTo(other.description().profiles())
                    .extracting(ProfileCapability::corePercent)
                    .containsExactly(15, 29, 43, 58, 100, 15, 15);
        }
    }

    @Test
    void anOldDriverCutsAndListsAndDestroys() throws GpuException {
        old.boot(true, AMPERE);
        try (NvmlLab lab = old.open()) {
            GpuInstance instance = lab.cutWhole("1g.20gb", "6:2");
            assertThat(lab.instances()).containsExactly(instance);
            assertThat(lab.driver().processes(lab.gpu())).isEmpty();
            lab.destroy(instance);
            assertThat(lab.instances()).isEmpty();
        }
    }

    @Test
    void anOldDriverTellsNothingOfWhatMigDevicesHave() throws GpuException {
        old.boot(true, AMPERE);
        try (NvmlLab lab = old.open()) {
            lab.cutWhole("1g.10gb", "0:1");

            assertThat(lab.driver().features(lab.gpu()).devices()).isEmpty();
            assertThat(lab.driver().features(lab.gpu()).computeCapability()).isPresent();
        }
    }

    @Test
    void processesOfAnOldDriverArePlacedByTheDeviceThatListsThem() throws GpuException {
        old.boot(true, AMPERE);
        try (NvmlLab lab = old.open()) {
            GpuInstance instance = lab.cutWhole("2g.20gb", "0:2");
            String uuid = instance.computeInstances().getFirst().migUuid();
            lab.startProcess(uuid, 20, 1, 5L << 20);
            lab.startProcess(lab.gpu(), 30, 1, 7L << 20);

            assertThat(lab.driver().processes(lab.gpu()))
                    .containsExactly(
                            new GpuProcess(20, instance.id(), 0, 5),
                            new GpuProcess(30, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE, 7));
        }
    }

    @Test
    void aMissingSymbolIsLookedForOnce() throws GpuException {
        old.boot(true, AMPERE);
        NvmlLibrary library = Native.load(old.library().toString(), NvmlLibrary.class);
        Calls calls = new Calls();
        int[] attempts = {0};
        for (int i = 0; i < 3; i++) {
            int answer = calls.attempt("nvmlComputeInstanceGetInfo_v2", () -> {
                attempts[0]++;
                return library.nvmlComputeInstanceGetInfo_v2(
                        Pointer.createConstant(1), new NvmlStructs.ComputeInstanceInfo());
            });
            assertThat(ReturnCode.of(answer)).isEqualTo(ReturnCode.FUNCTION_NOT_FOUND);
        }
        assertThat(attempts[0]).isEqualTo(1);
    }

    @Test
    void aDriverWithoutCreationByPlacementSaysWhatItNeeds() throws GpuException {
        old.boot(true, AMPERE);
        try (NvmlLab lab = old.open()) {
            old.failOnce("nvmlDeviceCreateGpuInstanceWithPlacement", ReturnCode.FUNCTION_NOT_FOUND);
            assertRefused(GpuErrorCode.NOT_SUPPORTED, () -> lab.cut("1g.10gb", "0:1"))
                    .contains("needs R470 or later");
        }
    }

    /** Between them an old and a current driver are asked everything that the binding declares. */
    @Test
    void everyCallOfTheBindingIsMade() throws GpuException {
        Set<String> never = Arrays.stream(NvmlLibrary.class.getDeclaredMethods())
                .map(Method::getName)
                .filter(name -> name.startsWith("nvml"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(never).hasSizeGreaterThan(40);
        for (FakeDriver fake : new FakeDriver[] {old, current}) {
            // The current one is of a kind that counts what its instances do.
            String model = fake.equals(old) ? AMPERE : HOPPER;
            fake.boot(false, model, model);
            fake.hooks().fake_link(0, 1, 1);
            fake.set("idleGpuResets", 1);
            fake.set("computeNamesGpu", 1);
            fake.set("fieldKnown", 0);
            try (NvmlLab lab = fake.open()) {
                lab.driver().enableMig(lab.gpu());
                GpuInstance instance = lab.cutWhole("3g.40gb", "4:4");
                lab.instances();
                for (String list : PROCESS_LISTS) {
                    fake.failOnce(list + "_v3", ReturnCode.FUNCTION_NOT_FOUND);
                    fake.failOnce(list + "_v2", ReturnCode.FUNCTION_NOT_FOUND);
                }
                lab.driver().processes(lab.gpu());
                try (GpuEvents events = lab.driver().events()) {
                    assertThat(events.next(Duration.ofMillis(1))).isEmpty();
                }
                lab.driver().usage(lab.gpu());
                lab.driver().usage(lab.gpu());
                lab.driver().features(lab.gpu());
                lab.driver().links();
                lab.destroy(instance);
            }
            never.removeIf(name -> fake.hooks().fake_calls(name) > 0);
        }
        assertThat(never).isEmpty();
    }

    @Test
    void eachVersionOfAProcessListIsReadWhereNewerOnesAreMissing() throws GpuException {
        for (String symbol : PROCESS_LISTS) {
            current.boot(false, AMPERE);
            try (NvmlLab lab = current.open()) {
                lab.startProcess(lab.gpu(), 8, 7, 9L << 20);
                current.failOnce(symbol + "_v3", ReturnCode.FUNCTION_NOT_FOUND);
                assertThat(lab.driver().processes(lab.gpu())).hasSize(1);
                assertThat(current.hooks().fake_calls(symbol + "_v2")).isEqualTo(1);

                current.failOnce(symbol + "_v3", ReturnCode.FUNCTION_NOT_FOUND);
                current.failOnce(symbol + "_v2", ReturnCode.FUNCTION_NOT_FOUND);
                assertThat(lab.driver().processes(lab.gpu())).hasSize(1);
                assertThat(current.hooks().fake_calls(symbol)).isEqualTo(1);

                current.failOnce(symbol + "_v3", ReturnCode.NOT_SUPPORTED);
                assertThat(lab.driver().processes(lab.gpu())).hasSize(1);
                assertThat(current.hooks().fake_calls(symbol + "_v2")).isEqualTo(2);
            }
        }
    }
}
