package io.migpool.deviceplugin.inject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.deviceplugin.kubelet.AllocationHandler;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.Slot;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a container is told the devices that kubelet chose for it. */
class NamedDevicesTest {

    private static final NavigableSet<String> ONE = Slot.sorted(List.of("MIG-a"));
    private static final NavigableSet<String> TWO = Slot.sorted(List.of("MIG-b", "MIG-a"));

    @TempDir
    Path directory;

    private final Set<String> present = new TreeSet<>(List.of("MIG-a", "MIG-b", "MIG-c"));

    private final NamedDevices.Desk desk = new NamedDevices.Desk() {
        @Override
        public void give(Set<String> uuids) throws IOException {
            if (!present.containsAll(uuids)) {
                throw new IOException("gone");
            }
        }

        @Override
        public void requirePresent(Set<String> uuids) throws PreparationException {
            if (!present.containsAll(uuids)) {
                throw new PreparationException(StartFailure.DEVICE_GONE, "gone");
            }
        }
    };

    private InjectSettings settings(InjectSettings.Strategy strategy, InjectSettings.DeviceList list) {
        return new InjectSettings(
                strategy,
                list,
                directory,
                DriverFiles.USUAL,
                directory.resolve("hook"),
                directory.resolve("vgpulock"),
                Duration.ofSeconds(5),
                Duration.ofSeconds(1));
    }

    private NamedDevices devices(InjectSettings.Strategy strategy, InjectSettings.DeviceList list) {
        return new NamedDevices(desk, settings(strategy, list));
    }

    @Test
    void theVariableNamesThem() throws IOException {
        AllocationHandler.Answer answer = devices(
                        InjectSettings.Strategy.ENVIRONMENT, InjectSettings.DeviceList.ENVIRONMENT)
                .reserve(TWO);

        assertThat(answer.environment()).containsOnly(java.util.Map.entry("NVIDIA_VISIBLE_DEVICES", "MIG-a,MIG-b"));
        assertThat(answer.mounts()).isEmpty();
        assertThat(answer.cdiDevices()).isEmpty();
    }

    @Test
    void mountsStandForThem() throws IOException {
        AllocationHandler.Answer answer = devices(
                        InjectSettings.Strategy.ENVIRONMENT, InjectSettings.DeviceList.VOLUME_MOUNTS)
                .reserve(TWO);

        assertThat(answer.environment())
                .containsOnly(java.util.Map.entry("NVIDIA_VISIBLE_DEVICES", "/var/run/nvidia-container-devices"));
        assertThat(answer.mounts())
                .containsExactly(
                        new AllocationHandler.Mount("/dev/null", "/var/run/nvidia-container-devices/MIG-a", true),
                        new AllocationHandler.Mount("/dev/null", "/var/run/nvidia-container-devices/MIG-b", true));
    }

    @Test
    void aCdiDeviceHasAllOfAContainer() throws Exception {
        NamedDevices devices = devices(InjectSettings.Strategy.CDI_CRI, InjectSettings.DeviceList.ENVIRONMENT);

        String one = devices.reserve(ONE).cdiDevices().getFirst();
        String two = devices.reserve(TWO).cdiDevices().getFirst();

        assertThat(one).isEqualTo("migpool.io/gpu=MIG-a");
        assertThat(two).startsWith("migpool.io/gpu=MIG-a_").hasSizeLessThan(64);
        assertThat(file(one)).content().contains("NVIDIA_VISIBLE_DEVICES=MIG-a\"");
        assertThat(file(two)).content().contains("NVIDIA_VISIBLE_DEVICES=MIG-a,MIG-b\"");
    }

    @Test
    void afterARebootTheCdiFileIsThereAgainBeforeTheContainerStarts() throws Exception {
        NamedDevices devices = devices(InjectSettings.Strategy.CDI_CRI, InjectSettings.DeviceList.ENVIRONMENT);
        String name = devices.reserve(ONE).cdiDevices().getFirst();
        Files.delete(file(name));

        devices.prepare(ONE);

        assertThat(file(name)).exists();
    }

    @Test
    void nothingIsGivenOrStartedThatIsGone() {
        NamedDevices devices = devices(InjectSettings.Strategy.CDI_CRI, InjectSettings.DeviceList.ENVIRONMENT);
        present.clear();

        assertThatThrownBy(() -> devices.reserve(ONE)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> devices.prepare(ONE)).isInstanceOf(PreparationException.class);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void filesOfDevicesThatAreGoneAreRemovedAndNoOthers() throws Exception {
        NamedDevices devices = devices(InjectSettings.Strategy.CDI_CRI, InjectSettings.DeviceList.ENVIRONMENT);
        String one = devices.reserve(ONE).cdiDevices().getFirst();
        String two = devices.reserve(TWO).cdiDevices().getFirst();
        String third =
                devices.reserve(Slot.sorted(List.of("MIG-c"))).cdiDevices().getFirst();
        Path slots = Files.writeString(directory.resolve("migpool.io-gpu-mp-000.json"), "{}");
        Path others = Files.writeString(directory.resolve("nvidia.json"), "{}");

        NamedDevices.sweep(
                settings(InjectSettings.Strategy.CDI_CRI, InjectSettings.DeviceList.ENVIRONMENT),
                Set.of("MIG-a", "MIG-c"));
        assertThat(file(two)).doesNotExist();
        assertThat(file(one)).exists();
        NamedDevices.sweep(
                settings(InjectSettings.Strategy.CDI_CRI, InjectSettings.DeviceList.ENVIRONMENT), Set.of("MIG-c"));

        assertThat(List.of(file(one), file(two))).allMatch(Files::notExists);
        assertThat(List.of(file(third), slots, others)).allMatch(Files::exists);
    }

    private Path file(String device) {
        return directory.resolve("migpool.io-gpu-" + device.substring(device.indexOf('=') + 1) + ".json");
    }
}
