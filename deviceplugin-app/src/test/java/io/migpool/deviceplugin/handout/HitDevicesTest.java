package io.migpool.deviceplugin.handout;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.migmanager.LabelDrivenMachine;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HitDevicesTest {

    @Test
    void errorsWithoutEndOfOneInstanceAreOneEventAndItsNeighbourStaysWell() throws Exception {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3:1")) {
            machine.cut(0, "1g.10gb@0 1g.10gb@1");
            Layout layout =
                    Layout.read(machine.driver(), Set.of(machine.board(0).uuid()), Set.of(), Layout.NONE);
            List<LabelDrivenDevice> instances = layout.devices().stream()
                    .filter(device -> device.gpuInstanceId().isPresent())
                    .toList();
            FakeCluster cluster = new FakeCluster();
            HitDevices hits = new HitDevices(cluster);
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
