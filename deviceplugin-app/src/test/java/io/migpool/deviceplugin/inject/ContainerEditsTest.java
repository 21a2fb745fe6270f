package io.migpool.deviceplugin.inject;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.kubelet.AllocationHandler;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ContainerEditsTest {

    @Test
    void aVariableNamesTheDevicesInTheirOrder() {
        ContainerEdits edits =
                ContainerEdits.NONE.seeing(List.of("MIG-b", "MIG-a"), InjectSettings.DeviceList.ENVIRONMENT);

        assertThat(edits)
                .isEqualTo(new ContainerEdits(
                        Map.of("NVIDIA_VISIBLE_DEVICES", "MIG-b,MIG-a"), List.of(), Optional.empty()));
    }

    @Test
    void mountsStandForDevicesWhereTheRuntimeIgnoresTheVariable() {
        AllocationHandler.Mount own = new AllocationHandler.Mount("/host", "/container", false);
        ContainerEdits edits = new ContainerEdits(Map.of("A", "b"), List.of(own), Optional.empty())
                .seeing(List.of("MIG-b", "MIG-a"), InjectSettings.DeviceList.VOLUME_MOUNTS);

        assertThat(edits.environment())
                .isEqualTo(Map.of("A", "b", "NVIDIA_VISIBLE_DEVICES", "/var/run/nvidia-container-devices"));
        assertThat(edits.mounts())
                .containsExactly(
                        own,
                        new AllocationHandler.Mount("/dev/null", "/var/run/nvidia-container-devices/MIG-b", true),
                        new AllocationHandler.Mount("/dev/null", "/var/run/nvidia-container-devices/MIG-a", true));
    }
}
