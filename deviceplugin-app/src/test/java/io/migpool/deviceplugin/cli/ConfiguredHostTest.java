package io.migpool.deviceplugin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helidon.config.mp.MpConfigSources;
import io.migpool.contracts.kubelet.podresources.ContainerDevices;
import io.migpool.contracts.kubelet.podresources.ContainerResources;
import io.migpool.contracts.kubelet.podresources.PodResources;
import io.migpool.deviceplugin.geometry.Occupant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfiguredHostTest {

    /** The GPUs of the machine; who has a slot may be on any of them. */
    private static final List<String> ALL = List.of("GPU-1", "GPU-2");

    @ParameterizedTest
    @CsvSource({
        "nvidia.com/gpu, mp-003, GPU-1 GPU-2",
        "example.com/gpu, mp-003, GPU-1 GPU-2",
        "nvidia.com/mig-1g.10gb, MIG-7, MIG-7",
        "example.com/slices, MIG-7::2, MIG-7",
        "example.com/gpu, GPU-2, GPU-2",
        "nvidia.com/gpu, 0, GPU-1 GPU-2",
        "example.com/nic, eth-3, ''",
        "example.com/nic, mp-eth, ''"
    })
    void aPodHasWhatTheIdOfItsDeviceSaysUnderWhateverName(String resource, String id, String devices) {
        PodResources pod = PodResources.newBuilder()
                .setNamespace("team")
                .setName("train")
                .addContainers(ContainerResources.newBuilder()
                        .addDevices(ContainerDevices.newBuilder()
                                .setResourceName(resource)
                                .addDeviceIds(id)))
                .build();

        assertThat(ConfiguredHost.occupants(List.of(pod), ALL))
                .extracting(Occupant::deviceUuid)
                .containsExactlyInAnyOrder(devices.isEmpty() ? new String[0] : devices.split(" ", -1));
        assertThat(ConfiguredHost.occupants(List.of(pod), ALL))
                .allMatch(occupant -> occupant.name().equals("pod team/train")
                        && occupant.podUid().equals(Optional.empty()));
    }

    @Test
    void aPodWhoseInitContainerHasADeviceIsThereUntilItIsDeleted(@TempDir Path kubelet) throws Exception {
        Path plugins = Files.createDirectory(kubelet.resolve("device-plugins"));
        Files.writeString(plugins.resolve("kubelet_internal_checkpoint"), """
                {"Data": {"PodDeviceEntries": [
                  {"PodUID": "prepares", "ContainerName": "copy", "ResourceName": "nvidia.com/mig-1g.10gb",
                   "DeviceIDs": {"-1": ["MIG-7"]}},
                  {"PodUID": "deleted", "ContainerName": "main", "ResourceName": "nvidia.com/mig-1g.10gb",
                   "DeviceIDs": {"-1": ["MIG-8"]}}]}, "Checksum": 1}
                """);
        Files.createDirectories(kubelet.resolve("pods").resolve("prepares"));

        assertThat(host(plugins).occupants(ALL)).singleElement().satisfies(occupant -> {
            assertThat(occupant.deviceUuid()).isEqualTo("MIG-7");
            assertThat(occupant.name()).contains("copy", "prepares", "delete the pod");
        });
    }

    @Test
    void withoutKubeletNobodyHasAnything(@TempDir Path nothing) throws Exception {
        assertThat(host(nothing.resolve("device-plugins")).occupants(ALL)).isEmpty();
    }

    @Test
    void aRelativePathDoesNotMeanThatNobodyHasAnything() {
        assertThatThrownBy(() -> host(Path.of("kubelet/device-plugins")).occupants(ALL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("migpool.kubelet.device-plugin-dir is 'kubelet/device-plugins'; expected an absolute path");
    }

    private static ConfiguredHost host(Path devicePlugins) {
        return new ConfiguredHost(ConfigProviderResolver.instance()
                .getBuilder()
                .withSources(
                        MpConfigSources.create(Map.of("migpool.kubelet.device-plugin-dir", devicePlugins.toString())))
                .build());
    }
}
