package io.migpool.deviceplugin.nvml;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.Boards;
import io.migpool.deviceplugin.geometry.CheckpointFormat;
import io.migpool.deviceplugin.geometry.ExportedConfiguration;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.Lab;
import io.migpool.deviceplugin.geometry.LaidInstance;
import io.migpool.deviceplugin.geometry.LayoutSnapshot;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.geometry.Target;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Layouts on the library: what goes into GPU instances, and comes back from them. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NvmlGeometryTest {

    private static final String PARTS = "2c.4g.40gb:1 1c.4g.40gb:2 1c.3g.40gb:3";

    private FakeDriver fake;

    @BeforeAll
    void compile(@TempDir Path root) throws Exception {
        fake = FakeDriver.compile(root);
    }

    @Test
    void partsAreAppliedExportedAndBroughtBack() throws Exception {
        fake.boot(true, Boards.A100);
        try (NvmlLab lab = fake.open()) {
            Geometry geometry = new Geometry(lab.driver());
            Target parts = new Target.Layout(Lab.everywhere(PARTS));

            assertThat(geometry.apply(parts, List.of())).isEqualTo(new Outcome.Applied(List.of(lab.gpu())));

            List<GpuInstance> before = lab.instances();
            assertThat(before)
                    .flatExtracting(GpuInstance::computeInstances)
                    .extracting(ComputeInstance::migUuid)
                    .hasSize(6)
                    .doesNotHaveDuplicates();
            assertThat(ExportedConfiguration.of(lab.driver(), "x").configs())
                    .isEqualTo(Map.of("x", Lab.everywhere(PARTS)));
            assertThat(geometry.apply(parts, List.of())).isEqualTo(new Outcome.Applied(List.of()));
            String checkpoint = CheckpointFormat.write(LayoutSnapshot.of(lab.driver()));

            assertThat(geometry.apply(new Target.Layout(Lab.everywhere("7g.80gb:1")), List.of()))
                    .isInstanceOf(Outcome.Applied.class);
            Target back = new Target.Places(CheckpointFormat.read(checkpoint));
            assertThat(geometry.apply(back, List.of())).isInstanceOf(Outcome.Applied.class);

            assertThat(instances(LayoutSnapshot.of(lab.driver())))
                    .containsExactlyInAnyOrderElementsOf(instances(CheckpointFormat.read(checkpoint)));
        }
    }

    private static List<LaidInstance> instances(LayoutSnapshot snapshot) {
        return snapshot.gpus().getFirst().instances();
    }

    @Test
    void aPartWithAProcessKeepsTheWholeGpuInstance() throws Exception {
        fake.boot(true, Boards.A100);
        try (NvmlLab lab = fake.open()) {
            Geometry geometry = new Geometry(lab.driver());
            geometry.apply(new Target.Layout(Lab.everywhere("1c.3g.40gb:3 1g.10gb:2")), List.of());
            GpuInstance divided = lab.instances().stream()
                    .filter(instance -> instance.computeInstances().size() == 3)
                    .findFirst()
                    .orElseThrow();
            lab.startProcess(divided.computeInstances().get(1).migUuid(), 4711, 10);

            assertThat(geometry.apply(new Target.Layout(Lab.everywhere("7g.80gb:1")), List.of()))
                    .isInstanceOfSatisfying(Outcome.Waiting.class, waiting -> assertThat(waiting.text())
                            .contains("3g.40gb at ", "process 4711"));
            assertThat(geometry.apply(new Target.Layout(Lab.everywhere("1c.3g.40gb:3 3g.40gb:1")), List.of()))
                    .isInstanceOf(Outcome.Applied.class);

            assertThat(lab.instances()).hasSize(2).contains(divided);
        }
    }
}
