package io.migpool.deviceplugin.handout;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.migmanager.LabelDrivenMachine;
import io.migpool.deviceplugin.node.LabelDrivenGpus.Division;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultyDevicesTest {

    @TempDir
    Path directory;

    @Test
    void aRestartedAgentStillKnowsThemUntilTheyAreCutAgain() throws Exception {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3:1")) {
            machine.cut(0, "1g.10gb@0");
            Layout layout = layout(machine);
            LabelDrivenDevice hit = hit(layout, machine);

            FaultyDevices after = new FaultyDevices(machine.driver(), new FakeCluster(), directory);
            after.forgetAllBut(Layout.NONE);
            after.forgetAllBut(layout);
            assertThat(after.has(hit)).isTrue();

            machine.clear(0);
            Layout cleared = layout(machine);
            after.forgetAllBut(new Layout(cleared.gpus(), cleared.unread(), Set.of(), Layout.NONE.doubt()));
            assertThat(new FaultyDevices(machine.driver(), new FakeCluster(), directory).has(hit))
                    .isFalse();
        }
    }

    @Test
    void aGpuThatGoesBackToThePoolKeepsNoneWhileAnotherIsMissing() throws Exception {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3:1")) {
            machine.cut(0, "1g.10gb@0");
            LabelDrivenDevice hit = hit(layout(machine), machine);
            FaultyDevices after = new FaultyDevices(machine.driver(), new FakeCluster(), directory);

            after.forgetAllBut(new Layout(List.of(), Set.of(), Set.of(), Layout.NONE.doubt()));
            assertThat(after.has(hit)).isTrue();
            after.forgetAllBut(new Layout(List.of(), Set.of(), Set.of(hit.gpuUuid()), Layout.NONE.doubt()));
            assertThat(after.has(hit)).isFalse();
        }
    }

    @Test
    void aRebootCutsThemAgainUnderTheSameNames() throws Exception {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3:1")) {
            machine.cut(0, "1g.10gb@0");
            Layout layout = layout(machine);
            LabelDrivenDevice hit = hit(layout, machine);

            machine.machine().reboot();
            FaultyDevices after = new FaultyDevices(machine.driver(), new FakeCluster(), directory);
            after.forgetAllBut(layout);

            assertThat(after.has(hit)).isFalse();
        }
    }

    /** Hits the first instance and returns its device. */
    private LabelDrivenDevice hit(Layout layout, LabelDrivenMachine machine) {
        LabelDrivenDevice hit = layout.devices().stream()
                .filter(device -> device.gpuInstanceId().isPresent())
                .findFirst()
                .orElseThrow();
        FaultyDevices hits = new FaultyDevices(machine.driver(), new FakeCluster(), directory);
        hits.add(new GpuEvent.Xid(hit.gpuUuid(), 94, hit.gpuInstanceId().getAsInt(), 0));
        hits.note(layout);
        return hit;
    }

    private static Layout layout(LabelDrivenMachine machine) throws GpuException {
        return Layout.read(
                machine.driver(), new Division(Set.of(machine.board(0).uuid()), Set.of(), Set.of()), Layout.NONE);
    }

    @Test
    void errorsWithoutEndOfOneInstanceAreOneEventAndItsNeighbourStaysWell() throws Exception {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3:1")) {
            machine.cut(0, "1g.10gb@0 1g.10gb@1");
            Layout layout = layout(machine);
            List<LabelDrivenDevice> instances = layout.devices().stream()
                    .filter(device -> device.gpuInstanceId().isPresent())
                    .toList();
            FakeCluster cluster = new FakeCluster();
            FaultyDevices hits = new FaultyDevices(machine.driver(), cluster, directory);
            LabelDrivenDevice hit = instances.getFirst();
            for (int i = 0; i < 10_000; i++) {
                hits.add(new GpuEvent.Xid(hit.gpuUuid(), 31, hit.gpuInstanceId().getAsInt(), 0));
            }

            hits.note(layout);
            hits.note(layout);

            assertThat(hits.has(hit)).isTrue();
            assertThat(hits.has(instances.getLast())).isFalse();
            assertThat(cluster.told()).singleElement().asString().contains("Xid 31");
        }
    }
}
