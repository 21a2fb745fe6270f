package io.migpool.deviceplugin.featurelabels;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.config.MigStrategy;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.NodeLabels;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.migmanager.LabelDrivenMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureLabelWriterTest {

    private static final Map<String, String> OTHERS = Map.of(
            "nvidia.com/mig.config", "all-1g.10gb",
            "nvidia.com/gpu.present", "true",
            "nvidia.com/gpu.deploy.dcgm", "true",
            "gpu", "on");

    private final LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3");
    private final FakeNode node = new FakeNode();
    private boolean follows = true;
    private Instant now = Instant.ofEpochSecond(1000);

    @TempDir
    private Path firmware;

    private FeatureLabelWriter writer;

    private static final class FakeNode implements NodeLabels {

        private final Map<String, String> labels = new TreeMap<>(OTHERS);
        private final List<Set<String>> written = new ArrayList<>();
        private boolean seen = true;
        private boolean reachable = true;

        @Override
        public Optional<Map<String, String>> current() {
            return seen ? Optional.of(Map.copyOf(labels)) : Optional.empty();
        }

        @Override
        public void patch(Map<String, String> changed, Set<String> removed) throws ClusterException {
            if (!reachable) {
                throw new ClusterException(ClusterException.Code.UNAVAILABLE, "the API server does not answer");
            }
            written.add(Set.copyOf(changed.keySet()));
            labels.putAll(changed);
            labels.keySet().removeAll(removed);
        }
    }

    @BeforeEach
    void cutTheGpu() throws GpuException {
        machine.cut(0, "1g.10gb@0");
        writer = writerOf(machine);
    }

    @AfterEach
    void closeTheMachine() {
        machine.close();
    }

    @Test
    void onlyWhatDiffersIsWritten() throws GpuException {
        assertThat(writer.write()).isTrue();
        assertThat(writer.write()).isTrue();
        assertThat(node.written).hasSize(1);

        machine.cut(0, "1g.10gb@1");
        writer.write();

        assertThat(node.written.getLast())
                .containsExactlyInAnyOrder("nvidia.com/mig-1g.10gb.count", "nvidia.com/gfd.timestamp");
        assertThat(node.labels).containsAllEntriesOf(OTHERS).containsEntry("nvidia.com/mig-1g.10gb.count", "2");
    }

    @Test
    void labelsOfProfilesThatAreGoneAreTakenAwayAlsoThoseFromBeforeARestart() throws GpuException {
        node.labels.put("nvidia.com/mig-7g.80gb.count", "1");
        writer.write();
        assertThat(node.labels).doesNotContainKey("nvidia.com/mig-7g.80gb.count");

        machine.clear(0);
        machine.cut(0, "3g.40gb@4");
        writer.write();

        assertThat(node.labels)
                .containsAllEntriesOf(OTHERS)
                .containsEntry("nvidia.com/mig-3g.40gb.count", "1")
                .allSatisfy((label, _) -> assertThat(label).doesNotContain("1g.10gb"));
    }

    @Test
    void theTimeIsThatOfTheLastChange() throws GpuException {
        writer.write();
        now = now.plusSeconds(60);
        writer.write();
        assertThat(node.labels).containsEntry("nvidia.com/gfd.timestamp", "1000");

        machine.clear(0);
        writer.write();

        assertThat(node.labels).containsEntry("nvidia.com/gfd.timestamp", "1060");
    }

    @Test
    void theMachineIsCalledAsItsFirmwareCallsIt() throws IOException {
        writer.write();
        assertThat(node.labels).containsEntry("nvidia.com/gpu.machine", "unknown");

        Files.writeString(firmware.resolve("product_name"), "PowerEdge XE9680 (SKU=1)\n");
        writer.write();

        assertThat(node.labels).containsEntry("nvidia.com/gpu.machine", "PowerEdge-XE9680-SKU1");
    }

    @Test
    void whatIsNoGpuOfNvidiasTellsNoVersions() {
        writer.write();

        assertThat(node.labels.keySet()).noneMatch(label -> label.startsWith("nvidia.com/cuda."));
    }

    @Test
    void whenTheLastGpuGoesBackToThePoolNothingStays() {
        writer.write();
        follows = false;
        writer.write();

        assertThat(node.labels).isEqualTo(OTHERS);
    }

    @Test
    void labelsAboutGpusOfThePoolAreSomebodyElses() {
        follows = false;
        node.labels.put("nvidia.com/gpu.product", "as-somebody-says");

        assertThat(writer.write()).isTrue();

        assertThat(node.written).isEmpty();
    }

    @Test
    void whatCouldNotBeWrittenIsWrittenNextTime() {
        node.seen = false;
        assertThat(writer.write()).isFalse();
        node.seen = true;
        node.reachable = false;
        assertThat(writer.write()).isFalse();
        node.reachable = true;

        assertThat(writer.write()).isTrue();

        assertThat(node.labels).containsEntry("nvidia.com/mig-1g.10gb.count", "1");
    }

    @Test
    void takingAwayIsTriedAgainToo() {
        writer.write();
        follows = false;
        node.reachable = false;
        assertThat(writer.write()).isFalse();
        node.reachable = true;
        writer.write();

        assertThat(node.labels).isEqualTo(OTHERS);
    }

    @Test
    void untilEveryGpuHasBeenReadOnceTheLabelsOfAnEarlierRunStay() throws GpuException {
        try (LabelDrivenMachine two = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3:2")) {
            two.cut(0, "7g.80gb@0");
            two.cut(1, "1g.10gb@0");
            writerOf(two).write();
            Map<String, String> before = Map.copyOf(node.labels);
            assertThat(before)
                    .containsEntry("nvidia.com/gpu.count", "2")
                    .containsEntry("nvidia.com/mig-7g.80gb.count", "1");
            two.machine().loseGpu(two.board(0).uuid());
            two.cut(1, "1g.10gb@1");

            assertThat(writerOf(two).write()).as("tried again").isFalse();

            assertThat(node.labels).isEqualTo(before);
        }
    }

    private FeatureLabelWriter writerOf(LabelDrivenMachine machine) {
        return new FeatureLabelWriter(
                node,
                machine.driver(),
                _ -> follows,
                () -> MigStrategy.MIXED,
                firmware.resolve("product_name"),
                () -> now);
    }

    @Test
    void aGpuThatIsLostIsToldAsItWasAndTheOthersAsTheyAre() throws GpuException {
        try (LabelDrivenMachine two = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3:2")) {
            two.cut(0, "1g.10gb@0");
            two.cut(1, "1g.10gb@0 1g.10gb@1");
            writer = writerOf(two);
            writer.write();
            two.machine().loseGpu(two.board(0).uuid());

            two.cut(1, "3g.40gb@4");
            assertThat(writer.write()).isTrue();

            assertThat(node.labels)
                    .containsEntry("nvidia.com/gpu.count", "2")
                    .containsEntry("nvidia.com/mig-1g.10gb.count", "3")
                    .containsEntry("nvidia.com/mig-3g.40gb.count", "1");
        }
    }
}
