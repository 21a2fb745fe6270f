package io.migpool.deviceplugin.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kubelet's own notes, in the forms that its versions write. */
class CheckpointFileTest {

    @TempDir
    Path directory;

    @Test
    void aPodsSlotsAreReadByContainerAndOtherResourcesAreLeftOut() throws Exception {
        write("""
                {"Data":{"PodDeviceEntries":[
                  {"PodUID":"u1","ContainerName":"main","ResourceName":"nvidia.com/gpu","DeviceIDs":{"-1":["mp-010"],"0":["mp-002"]},"AllocResp":"CgA="},
                  {"PodUID":"u1","ContainerName":"init","ResourceName":"nvidia.com/gpu","DeviceIDs":{"-1":["mp-002"]}},
                  {"PodUID":"u2","ContainerName":"nic","ResourceName":"example.com/nic","DeviceIDs":{"-1":["eth0"]}}],
                 "RegisteredDevices":{"nvidia.com/gpu":["mp-002","mp-010"]}},"Checksum":1}""");

        assertThat(read())
                .containsExactly(new PodSlots(
                        new PodKey.ByUid("u1"),
                        Map.of(
                                "init", Slot.sorted(List.of("mp-002")),
                                "main", Slot.sorted(List.of("mp-002", "mp-010")))));
    }

    @Test
    void theListFormOfOldKubeletsIsReadAsWell() throws Exception {
        write("""
                {"Data":{"PodDeviceEntries":[
                  {"PodUID":"u1","ContainerName":"main","ResourceName":"nvidia.com/gpu","DeviceIDs":["mp-000"]}]}}""");

        assertThat(read().getFirst().holdersOf(Slot.sorted(List.of("mp-000")))).containsExactly("main");
    }

    @Test
    void aMissingOrEmptyCheckpointNamesNobody() throws Exception {
        assertThat(read()).isEmpty();
        write("{\"Data\":{\"PodDeviceEntries\":null}}");
        assertThat(read()).isEmpty();
    }

    @Test
    void aHalfWrittenCheckpointIsAProblemNamedAfterTheFile() throws Exception {
        write("{\"Data\":{\"PodDev");

        assertThatThrownBy(this::read)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("kubelet_internal_checkpoint");
    }

    private List<PodSlots> read() throws IOException {
        return new CheckpointFile(directory, () -> "nvidia.com/gpu").pods();
    }

    private void write(String text) throws IOException {
        Files.writeString(directory.resolve("kubelet_internal_checkpoint"), text);
    }
}
