package io.migpool.deviceplugin.inject;

import static io.migpool.deviceplugin.inject.InjectSettings.DeviceList;
import static io.migpool.deviceplugin.inject.InjectSettings.Strategy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.LogLines;
import io.migpool.deviceplugin.kubelet.AllocationHandler;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.Slot;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.logging.Level;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a container is told the devices that kubelet chose for it. */
class NamedDevicesTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final NavigableSet<String> ONE = Slot.sorted(List.of("MIG-a"));
    private static final NavigableSet<String> TWO = Slot.sorted(List.of("MIG-b", "MIG-a"));
    private static final NavigableSet<String> THIRD = Slot.sorted(List.of("MIG-c"));

    private static final MigRuntime A = new MigRuntime("MIG-a", 1, 0);
    private static final MigRuntime B = new MigRuntime("MIG-b", 2, 0);
    private static final MigRuntime C = new MigRuntime("MIG-c", 7, 0);

    @TempDir
    Path directory;

    private DescribedHost host;
    private final Map<String, VisibleDevice> present = new TreeMap<>();

    private final NamedDevices.Desk desk = new NamedDevices.Desk() {
        @Override
        public void give(Set<String> uuids) throws IOException {
            if (!present.keySet().containsAll(uuids)) {
                throw new IOException("gone");
            }
        }

        @Override
        public List<VisibleDevice> requirePresent(NavigableSet<String> uuids) throws PreparationException {
            if (!present.keySet().containsAll(uuids)) {
                throw new PreparationException(StartFailure.DEVICE_GONE, "gone");
            }
            return uuids.stream().map(present::get).toList();
        }
    };

    @BeforeEach
    void makeHost() throws IOException {
        host = DescribedHost.in(directory);
        present.put("MIG-a", VisibleDevice.instance("GPU-b", A));
        present.put("MIG-b", VisibleDevice.instance("GPU-b", B));
        present.put("MIG-c", VisibleDevice.instance("GPU-a", C));
        present.put("GPU-a", VisibleDevice.gpu("GPU-a", List.of()));
        present.put("GPU-b", VisibleDevice.gpu("GPU-b", List.of(A, B)));
    }

    private NamedDeviceFiles files() {
        return new NamedDeviceFiles(
                host.settings(Strategy.CDI_CRI, DeviceList.ENVIRONMENT), () -> DescribedHost.MINORS);
    }

    private NamedDevices devices(Strategy strategy, DeviceList list) {
        InjectSettings settings = host.settings(strategy, list);
        return new NamedDevices(desk, settings, new NamedDeviceFiles(settings, () -> DescribedHost.MINORS));
    }

    private NamedDevices cdiDevices() {
        return devices(Strategy.CDI_CRI, DeviceList.ENVIRONMENT);
    }

    private NamedDevices cdiDevices(NamedDeviceFiles files) {
        return new NamedDevices(desk, host.settings(Strategy.CDI_CRI, DeviceList.ENVIRONMENT), files);
    }

    private void describeDriver(String version) throws IOException {
        Files.writeString(
                host.etc().resolve("nvidia.yaml"),
                DescribedHost.SPECIFICATION.replace("libcuda.so.580", "libcuda.so." + version));
    }

    /** What kubelet does to start a container; the file that the runtime then finds. */
    private Path start(NamedDevices devices, NavigableSet<String> uuids) throws Exception {
        String name = devices.reserve(uuids).cdiDevices().getFirst();
        devices.prepare(uuids);
        return file(name);
    }

    private Path file(String device) {
        return host.run().resolve("migpool.io-gpu-" + device.substring(device.indexOf('=') + 1) + ".json");
    }

    private static List<String> nodes(Path file) throws IOException {
        List<String> nodes = new ArrayList<>();
        JsonNode document = JSON.readTree(Files.readString(file));
        nodes.addAll(document.path("containerEdits").path("deviceNodes").findValuesAsText("path"));
        nodes.addAll(document.path("devices")
                .path(0)
                .path("containerEdits")
                .path("deviceNodes")
                .findValuesAsText("path"));
        return nodes;
    }

    @Test
    void whatTheHostSaysOfItsDriverIsReadAhead() throws Exception {
        Files.writeString(host.etc().resolve("nvidia.yaml"), "kind: [nvidia.com/gpu\n");
        try (LogLines lines = new LogLines(SpecificationFiles.class)) {
            files().getReady();

            assertThat(lines.from(Level.WARNING)).singleElement().asString().contains("cannot be read");
        }
    }

    @Test
    void theVariableNamesThem() throws IOException {
        AllocationHandler.Answer answer =
                devices(Strategy.ENVIRONMENT, DeviceList.ENVIRONMENT).reserve(TWO);

        assertThat(answer.environment()).containsOnly(Map.entry("NVIDIA_VISIBLE_DEVICES", "MIG-a,MIG-b"));
        assertThat(answer.mounts()).isEmpty();
        assertThat(answer.cdiDevices()).isEmpty();
    }

    @Test
    void mountsStandForThem() throws IOException {
        AllocationHandler.Answer answer =
                devices(Strategy.ENVIRONMENT, DeviceList.VOLUME_MOUNTS).reserve(TWO);

        assertThat(answer.environment())
                .containsOnly(Map.entry("NVIDIA_VISIBLE_DEVICES", "/var/run/nvidia-container-devices"));
        assertThat(answer.mounts())
                .containsExactly(
                        new AllocationHandler.Mount("/dev/null", "/var/run/nvidia-container-devices/MIG-a", true),
                        new AllocationHandler.Mount("/dev/null", "/var/run/nvidia-container-devices/MIG-b", true));
    }

    @Test
    void aCdiDeviceHasAllOfAContainerAndAnyRuntimeCanRunIt() throws Exception {
        describeDriver("580");
        NamedDevices devices = cdiDevices();

        String one = devices.reserve(ONE).cdiDevices().getFirst();
        Path two = start(devices, TWO);

        assertThat(one).isEqualTo("migpool.io/gpu=MIG-a");
        assertThat(two.getFileName().toString()).startsWith("migpool.io-gpu-MIG-a_");
        assertThat(nodes(two))
                .containsExactly(
                        "/dev/nvidiactl",
                        "/dev/nvidia1",
                        "/dev/nvidia-caps/nvidia-cap147",
                        "/dev/nvidia-caps/nvidia-cap148",
                        "/dev/nvidia-caps/nvidia-cap156",
                        "/dev/nvidia-caps/nvidia-cap157");
        JsonNode document = JSON.readTree(Files.readString(two));
        assertThat(document.path("containerEdits").path("mounts").findValuesAsText("hostPath"))
                .containsExactly("/usr/lib/libcuda.so.580");
        assertThat(document.path("containerEdits").path("hooks")).hasSize(1);
        assertThat(two).content().contains("NVIDIA_VISIBLE_DEVICES=void\"").doesNotContain("DEVICES=MIG");
    }

    @Test
    void aWholeGpuComesWithEverythingOnIt() throws Exception {
        describeDriver("580");
        NamedDevices devices = cdiDevices();

        assertThat(nodes(start(devices, Slot.sorted(List.of("GPU-a")))))
                .containsExactly("/dev/nvidiactl", "/dev/nvidia0");
        assertThat(nodes(start(devices, Slot.sorted(List.of("GPU-b")))))
                .containsExactlyElementsOf(nodes(start(devices, TWO)));
    }

    @Test
    void whereTheHostSaysNothingOfItsDriverTheyAreNamedToNvidiasRuntime() throws Exception {
        assertThat(start(cdiDevices(), TWO))
                .content()
                .contains("NVIDIA_VISIBLE_DEVICES=MIG-a,MIG-b\"")
                .doesNotContain("deviceNodes");
        assertThat(start(cdiDevices(), Slot.sorted(List.of("GPU-b"))))
                .content()
                .contains("NVIDIA_VISIBLE_DEVICES=GPU-b\"");
        assertThat(start(devices(Strategy.CDI_CRI, DeviceList.VOLUME_MOUNTS), ONE))
                .content()
                .contains("/var/run/nvidia-container-devices/MIG-a");
    }

    @Test
    void everyStartFollowsTheHostsSpecificationAndItsDriver() throws Exception {
        NamedDevices devices = cdiDevices();
        Path file = start(devices, ONE);
        assertThat(file).content().contains("NVIDIA_VISIBLE_DEVICES=MIG-a\"");

        describeDriver("580.65.06");
        devices.prepare(ONE);
        assertThat(file).content().contains("libcuda.so.580.65.06", "NVIDIA_VISIBLE_DEVICES=void\"");

        Path version =
                Files.createDirectories(host.proc().resolve("driver/nvidia")).resolve("version");
        Files.writeString(version, "NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.48.01  Mon Dec  8 2025\n");
        devices.prepare(ONE);
        assertThat(file).content().contains("NVIDIA_VISIBLE_DEVICES=MIG-a\"").doesNotContain("libcuda");

        describeDriver("590.48.01");
        devices.prepare(ONE);
        assertThat(file).content().contains("libcuda.so.590.48.01");
    }

    @Test
    void whatTheDriverDoesNotListKeepsAContainerFromStartingButNotThePodFromTheNode() throws Exception {
        describeDriver("580");
        present.put("MIG-a", VisibleDevice.instance("GPU-b", new MigRuntime("MIG-a", 5, 0)));
        NamedDevices devices = cdiDevices();

        String name = devices.reserve(ONE).cdiDevices().getFirst();

        assertThatThrownBy(() -> devices.prepare(ONE))
                .isInstanceOfSatisfying(
                        PreparationException.class, e -> assertThat(e.reason()).isEqualTo("MigCapabilityUnknown"))
                .hasMessageContaining("gpu1/gi5/access");
        assertThat(file(name)).doesNotExist();
    }

    @Test
    void afterARebootTheCdiFileIsThereAgainBeforeTheContainerStarts() throws Exception {
        NamedDevices devices = cdiDevices();
        Path file = start(devices, ONE);
        Files.delete(file);

        devices.prepare(ONE);

        assertThat(file).exists();
    }

    @Test
    void nothingIsGivenOrStartedThatIsGone() {
        NamedDevices devices = cdiDevices();
        present.clear();

        assertThatThrownBy(() -> devices.reserve(ONE)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> devices.prepare(ONE)).isInstanceOf(PreparationException.class);
        assertThat(host.run()).isEmptyDirectory();
    }

    @Test
    void theFilesOfEarlierOwnersOfADeviceGoWhenItIsGivenAgain() throws Exception {
        describeDriver("580");
        NamedDevices devices = cdiDevices();
        Path earlier = start(devices, TWO);
        Path other = start(devices, THIRD);
        NavigableSet<String> second = Slot.sorted(List.of("MIG-b"));

        devices.reserve(second);

        assertThat(earlier).doesNotExist();
        assertThat(other).exists();
        // Containers of one pod may share devices; kubelet asks for all of them before it starts one.
        devices.reserve(TWO);
        devices.prepare(second);
        devices.prepare(TWO);
        assertThat(List.of(earlier, file("migpool.io/gpu=MIG-b"))).allMatch(Files::exists);
    }

    @Test
    void filesOfDevicesThatAreGoneAreRemovedAndNoOthers() throws Exception {
        describeDriver("580");
        NamedDeviceFiles files = files();
        NamedDevices devices = cdiDevices(files);
        Path two = start(devices, TWO);
        devices.prepare(ONE);
        Path one = file("migpool.io/gpu=MIG-a");
        Path third = start(devices, THIRD);
        Path slots = Files.writeString(host.run().resolve("migpool.io-gpu-mp-000.json"), "{}");
        Path others = Files.writeString(host.run().resolve("nvidia.json"), "{}");

        files.sweep(Set.of("MIG-a", "MIG-c"));
        assertThat(two).as("only the second of its devices is gone").doesNotExist();
        assertThat(one).exists();
        files.sweep(Set.of("MIG-c"));

        assertThat(one).doesNotExist();
        assertThat(List.of(third, slots, others)).allMatch(Files::exists);
    }

    @Test
    void ofAFormerAgentOnlyFilesStayWhoseNamesTellAllTheirDevices() throws Exception {
        describeDriver("580");
        NamedDevices former = cdiDevices();
        Path two = start(former, TWO);
        Path third = start(former, THIRD);
        NamedDeviceFiles files = files();

        files.sweep(Set.of("MIG-a", "MIG-b", "MIG-c"));
        assertThat(two).doesNotExist();
        assertThat(third).exists();

        cdiDevices(files).prepare(TWO);
        files.sweep(Set.of("MIG-a", "MIG-b", "MIG-c"));
        assertThat(two).exists();
    }
}
