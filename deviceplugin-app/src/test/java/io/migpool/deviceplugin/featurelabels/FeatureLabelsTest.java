package io.migpool.deviceplugin.featurelabels;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.config.MigStrategy;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.CutGpu;
import io.migpool.deviceplugin.gpu.DriverVersions;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.migmanager.LabelDrivenMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The values that the documentation of the GPU Operator shows, and the rules of gpu-feature-discovery. */
class FeatureLabelsTest {

    private static final String H100 = "NVIDIA H100 80GB HBM3";
    private static final String PRODUCT = "NVIDIA-H100-80GB-HBM3";
    private static final DescribedHost HOST = new DescribedHost(Optional.empty(), "DGX H100");
    private static final String SEVEN = "1g.10gb@0 1g.10gb@1 1g.10gb@2 1g.10gb@3 1g.10gb@4 1g.10gb@5 1g.10gb@6";

    /** The labels of GPUs, without those that every strategy has. */
    private static Map<String, String> gpuLabels(
            String prefix, String count, String product, String replicas, String sharing, String memory) {
        return new TreeMap<>(Map.of(
                prefix + "count", count,
                prefix + "product", product,
                prefix + "replicas", replicas,
                prefix + "sharing-strategy", sharing,
                prefix + "memory", memory));
    }

    /** The same for GPUs one of which is not in MIG mode. */
    private static Map<String, String> wholeLabels(String count, String replicas) {
        Map<String, String> labels = gpuLabels("nvidia.com/gpu.", count, PRODUCT, replicas, "none", "81559");
        labels.put("nvidia.com/gpu.family", "hopper");
        labels.put("nvidia.com/gpu.compute.major", "9");
        labels.put("nvidia.com/gpu.compute.minor", "0");
        return labels;
    }

    /**
     * The labels of MIG devices.
     *
     * @param has multiprocessors, then copy, decoder, encoder, jpeg and ofa engines
     */
    private static Map<String, String> deviceLabels(
            String prefix, String count, String profile, String memory, String slices, String has) {
        Map<String, String> labels = gpuLabels(prefix, count, PRODUCT + "-MIG-" + profile, "1", "none", memory);
        labels.put(prefix + "slices.gi", slices);
        labels.put(prefix + "slices.ci", slices);
        List<String> names = List.of(
                "multiprocessors", "engines.copy", "engines.decoder", "engines.encoder", "engines.jpeg", "engines.ofa");
        List<String> values = List.of(has.split(" ", -1));
        for (int i = 0; i < names.size(); i++) {
            labels.put(prefix + names.get(i), values.get(i));
        }
        return labels;
    }

    private static Map<String, String> withStrategy(String strategy, Map<String, String> labels) {
        Map<String, String> all = withCommon(labels);
        all.put("nvidia.com/mig.strategy", strategy);
        return all;
    }

    private static Map<String, String> withCommon(Map<String, String> labels) {
        Map<String, String> all = new TreeMap<>(labels);
        all.put("nvidia.com/mig.capable", "true");
        all.put("nvidia.com/mps.capable", "false");
        all.put("nvidia.com/gpu.machine", "DGX-H100");
        all.put("nvidia.com/gpu.mode", "compute");
        return all;
    }

    @Test
    void withoutMigModeEveryStrategyDescribesWholeGpus() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100 + ":2")) {
            Map<String, String> whole = wholeLabels("2", "1");

            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.SINGLE, HOST))
                    .isEqualTo(withStrategy("single", whole));
            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.MIXED, HOST))
                    .isEqualTo(withStrategy("mixed", whole));
            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.NONE, HOST)).isEqualTo(withCommon(whole));
        }
    }

    @ParameterizedTest
    @CsvSource({
        SEVEN + ", 7, 1g.10gb, 9984, 1, 16 1 1 0 1 0",
        "1g.10gb+me@3, 1, 1g.10gb.me, 9984, 1, 16 1 1 0 1 1",
        "3g.40gb@0 3g.40gb@4, 2, 3g.40gb, 40448, 3, 60 3 3 0 3 0",
        "7g.80gb@0, 1, 7g.80gb, 81152, 7, 132 8 7 0 7 1"
    })
    void withOneKindOfDeviceSingleDescribesItAsTheGpu(
            String layout, String count, String profile, String memory, String slices, String has) throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100)) {
            machine.cut(0, layout);

            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.SINGLE, HOST))
                    .isEqualTo(withStrategy(
                            "single", deviceLabels("nvidia.com/gpu.", count, profile, memory, slices, has)));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', 3g.40gb@0",
        "3g.40gb@0, 1g.10gb@0",
        "3g.40gb@0, OFF",
        "'', ''",
        "'', OFF",
        "3g.40gb@0 1g.10gb@4, 3g.40gb@0"
    })
    void singleWithUnlikeGpusIsInvalid(String first, String second) throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100 + ":2")) {
            machine.cut(0, first);
            if (!second.equals("OFF")) {
                machine.cut(1, second);
            }

            Map<String, String> expected = gpuLabels("nvidia.com/gpu.", "0", PRODUCT + "-MIG-INVALID", "0", "", "0");
            if (second.equals("OFF")) {
                expected.put("nvidia.com/gpu.family", "hopper");
                expected.put("nvidia.com/gpu.compute.major", "9");
                expected.put("nvidia.com/gpu.compute.minor", "0");
            }
            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.SINGLE, HOST))
                    .isEqualTo(withStrategy("single", expected));
        }
    }

    @Test
    void singleWithUnlikeBoardsIsInvalidThoughTheProfilesAreCalledAlike() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 PCIe," + H100)) {
            machine.cut(0, SEVEN);
            machine.cut(1, SEVEN);

            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.SINGLE, HOST))
                    .containsEntry("nvidia.com/gpu.product", "NVIDIA-H100-PCIe-MIG-INVALID")
                    .containsEntry("nvidia.com/gpu.count", "0");
        }
    }

    @Test
    void mixedDescribesEachProfileOfAllGpusBesideThem() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100)) {
            machine.cut(0, "1g.10gb@0 1g.10gb@1 2g.20gb@2 3g.40gb@4");

            Map<String, String> expected = gpuLabels("nvidia.com/gpu.", "1", PRODUCT, "0", "none", "81559");
            expected.putAll(deviceLabels("nvidia.com/mig-1g.10gb.", "2", "1g.10gb", "9984", "1", "16 1 1 0 1 0"));
            expected.putAll(deviceLabels("nvidia.com/mig-2g.20gb.", "1", "2g.20gb", "20096", "2", "32 2 2 0 2 0"));
            expected.putAll(deviceLabels("nvidia.com/mig-3g.40gb.", "1", "3g.40gb", "40448", "3", "60 3 3 0 3 0"));
            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.MIXED, HOST))
                    .isEqualTo(withStrategy("mixed", expected));
        }
    }

    @Test
    void mixedCountsDevicesOverAllGpusAndTakesReplicasFromAWholeOne() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100 + ":3")) {
            machine.cut(0, "1g.10gb@0");
            machine.cut(1, "1g.10gb@0 1g.10gb@6");

            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.MIXED, HOST))
                    .containsEntry("nvidia.com/gpu.count", "3")
                    .containsEntry("nvidia.com/gpu.replicas", "1")
                    .containsEntry("nvidia.com/mig-1g.10gb.count", "3");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {SEVEN, ""})
    void noneTellsNothingOfMigDevices(String layout) throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100)) {
            machine.cut(0, layout);

            Map<String, String> expected = gpuLabels("nvidia.com/gpu.", "1", PRODUCT, "0", "none", "81559");
            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.NONE, HOST)).isEqualTo(withCommon(expected));
        }
    }

    @Test
    void noneCountsGpusInMigModeBesideWholeOnes() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100 + ":2")) {
            machine.cut(0, SEVEN);

            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.NONE, HOST))
                    .isEqualTo(withCommon(wholeLabels("2", "1")));
        }
    }

    @Test
    void singleCountsDevicesOfOneKindOverAllGpus() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100 + ":2")) {
            machine.cut(0, "1g.10gb@0");
            machine.cut(1, "1g.10gb@6");

            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.SINGLE, HOST))
                    .isEqualTo(withStrategy(
                            "single", deviceLabels("nvidia.com/gpu.", "2", "1g.10gb", "9984", "1", "16 1 1 0 1 0")));
        }
    }

    @Test
    void singleWithAnEmptyACutAndAWholeGpuIsInvalid() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100 + ":3")) {
            machine.cut(0, "");
            machine.cut(1, "1g.10gb@0");

            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.SINGLE, HOST))
                    .containsEntry("nvidia.com/gpu.product", PRODUCT + "-MIG-INVALID")
                    .containsEntry("nvidia.com/gpu.count", "0")
                    .containsEntry("nvidia.com/gpu.family", "hopper");
        }
    }

    @ParameterizedTest
    @CsvSource({"580.65.06, 580, 65, 06", "535.183, 535, 183, ''"})
    void versionsAreToldInTheirParts(String version, String major, String minor, String revision) throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100)) {
            DescribedHost host = new DescribedHost(
                    Optional.of(new DriverVersions(version, Optional.of(new DriverVersions.Cuda(13, 0)))), "DGX H100");

            Map<String, String> expected = withCommon(wholeLabels("1", "1"));
            expected.putAll(Map.of(
                    "nvidia.com/cuda.driver.major", major,
                    "nvidia.com/cuda.driver.minor", minor,
                    "nvidia.com/cuda.driver.rev", revision,
                    "nvidia.com/cuda.driver-version.major", major,
                    "nvidia.com/cuda.driver-version.minor", minor,
                    "nvidia.com/cuda.driver-version.revision", revision,
                    "nvidia.com/cuda.driver-version.full", version));
            expected.putAll(Map.of(
                    "nvidia.com/cuda.runtime.major", "13",
                    "nvidia.com/cuda.runtime.minor", "0",
                    "nvidia.com/cuda.runtime-version.major", "13",
                    "nvidia.com/cuda.runtime-version.minor", "0",
                    "nvidia.com/cuda.runtime-version.full", "13.0"));
            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.NONE, host)).isEqualTo(expected);
            assertThat(expected.keySet()).allMatch(FeatureLabels::owns);
        }
    }

    @Test
    void aVersionOfAnotherFormIsNotTakenApart() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100)) {
            DescribedHost host = new DescribedHost(Optional.of(new DriverVersions("dev", Optional.empty())), "");

            assertThat(FeatureLabels.of(machine.gpus(), MigStrategy.NONE, host).keySet())
                    .noneMatch(label -> label.contains("cuda"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0x0302, 0x0302, compute",
        "0x0300, 0x0300, graphics",
        "0x0300, 0x0302, unknown",
        "0x0302, -1, unknown",
        "-1, -1, unknown",
        "0x0380, 0x0380, unknown"
    })
    void theModeIsThatOfAllBoards(int first, int second, String mode) throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100 + ":2")) {
            List<DescribedGpu> gpus = new ArrayList<>();
            for (int kind : List.of(first, second)) {
                gpus.add(new DescribedGpu(
                        CutGpu.read(machine.driver(), machine.board(gpus.size())),
                        new GpuFeatures(
                                Optional.empty(), kind < 0 ? OptionalInt.empty() : OptionalInt.of(kind), List.of())));
            }

            assertThat(FeatureLabels.of(gpus, MigStrategy.NONE, HOST)).containsEntry("nvidia.com/gpu.mode", mode);
        }
    }

    @Test
    void partsOfAnInstanceHaveItsMemoryAndSlicesOfTheirOwn() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100)) {
            GpuDescription board = machine.board(0);
            MigProfile part = MigProfile.parse("1c.3g.40gb");
            GpuInstance instance = new GpuInstance(
                    board.uuid(),
                    1,
                    MigProfile.parse("3g.40gb"),
                    new Placement(4, 4),
                    List.of(new ComputeInstance(0, part, "MIG-a"), new ComputeInstance(1, part, "MIG-b")));

            assertThat(FeatureLabels.of(
                            List.of(new DescribedGpu(
                                    new CutGpu(board, true, List.of(instance)),
                                    new GpuFeatures(Optional.empty(), OptionalInt.empty(), List.of()))),
                            MigStrategy.MIXED,
                            HOST))
                    .containsEntry("nvidia.com/mig-1c.3g.40gb.count", "2")
                    .containsEntry("nvidia.com/mig-1c.3g.40gb.memory", "40448")
                    .containsEntry("nvidia.com/mig-1c.3g.40gb.slices.gi", "3")
                    .containsEntry("nvidia.com/mig-1c.3g.40gb.slices.ci", "1");
        }
    }

    @ParameterizedTest
    @EnumSource
    void withoutGpusThereIsNothingToTell(MigStrategy strategy) {
        assertThat(FeatureLabels.of(List.of(), strategy, HOST)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "1.3, tesla",
        "2.0, fermi",
        "3.5, kepler",
        "5.2, maxwell",
        "6.1, pascal",
        "7.0, volta",
        "7.2, volta",
        "7.5, turing",
        "8.0, ampere",
        "8.6, ampere",
        "8.9, ada-lovelace",
        "9.0, hopper",
        "10.0, blackwell",
        "12.0, blackwell",
        "13.0, rubin",
        "11.0, undefined",
        "4.0, undefined"
    })
    void generationsAreCalledAsGpuFeatureDiscoveryCallsThem(String capability, String family) {
        int dot = capability.indexOf('.');
        assertThat(FeatureLabels.family(new GpuFeatures.ComputeCapability(
                        Integer.parseInt(capability.substring(0, dot)),
                        Integer.parseInt(capability.substring(dot + 1)))))
                .isEqualTo(family);
    }

    @Test
    void everyLabelThatIsMadeIsOwned() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100)) {
            machine.cut(0, "1g.10gb+me@0");

            for (MigStrategy strategy : MigStrategy.values()) {
                assertThat(FeatureLabels.of(machine.gpus(), strategy, HOST).keySet())
                        .allMatch(FeatureLabels::owns);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "nvidia.com/mig.config",
        "nvidia.com/mig.config.state",
        "nvidia.com/gpu.present",
        "nvidia.com/gpu.deploy.mig-manager",
        "nvidia.com/gpu.machine.team",
        "nvidia.com/cuda.driver.full",
        "nvidia.com/mig-1g.10gb.team",
        "example.com/gpu.count",
        "gpu"
    })
    void othersLabelsAreNotOwned(String label) {
        assertThat(FeatureLabels.owns(label)).isFalse();
    }

    @Test
    void whatFirmwareAndBoardsAreCalledFitsIntoLabels() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of(H100)) {
            machine.cut(0, "1g.10gb@0");
            List<DescribedGpu> gpus = machine.gpus();
            assertThat(FeatureLabels.of(
                            gpus, MigStrategy.NONE, new DescribedHost(Optional.empty(), "To Be Filled By O.E.M.")))
                    .containsEntry("nvidia.com/gpu.machine", "To-Be-Filled-By-O.E.M");
            assertThat(FeatureLabels.of(
                            gpus, MigStrategy.NONE, new DescribedHost(Optional.empty(), "_" + "m".repeat(61) + " .x")))
                    .containsEntry("nvidia.com/gpu.machine", "m".repeat(61));
        }
    }
}
