package io.migpool.deviceplugin.handout;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.migmanager.LabelDrivenMachine;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HitDevicesTest {

    @TempDir
    Path directory;

    @Test
    void aRestartedAgentStillKnowsThemUntilTheyAreCutAgain() throws Exception {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3:1")) {
            machine.cut(0, "1g.10gb@0");
            Layout layout = layout(machine);
            LabelDrivenDevice hit = layout.devices().stream()
                    .filter(device -> device.gpuInstanceId().isPresent())
                    .findFirst()
                    .orElseThrow();
            HitDevices before = new HitDevices(new FakeCluster(), directory);
            before.add(new GpuEvent.Xid(hit.gpuUuid(), 94, hit.gpuInstanceId().getAsInt(), 0));
            before.note(layout);

            HitDevices after = new HitDevices(new FakeCluster(), directory);
            after.forgetAllBut(Layout.NONE);
            after.forgetAllBut(layout);
            assertThat(after.has(hit)).isTrue();

            machine.clear(0);
            Layout cleared = layout(machine);
            after.forgetAllBut(new Layout(cleared.gpus(), cleared.unread(), false));
            assertThat(new HitDevices(new FakeCluster(), directory).has(hit)).isFalse();
        }
    }

    private static Layout layout(LabelDrivenMachine machine) throws GpuException {
        Set<String> gpus = Set.of(machine.board(0).uuid());
        return Layout.read(machine.driver(), gpus, gpus, Layout.NONE);
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
            HitDevices hits = new HitDevices(cluster, directory);
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
