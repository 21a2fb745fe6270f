package io.migpool.deviceplugin.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Walks through every layout that the driver lets itself be brought into, and counts those to which nothing can be
 * added.
 */
class LayoutEnumerationTest {

    @ParameterizedTest
    @CsvSource({
        "NVIDIA A100-SXM4-40GB, 1g.5gb 2g.10gb 3g.20gb 4g.20gb 7g.40gb,         19, 14",
        "NVIDIA A100-SXM4-40GB, 1g.5gb 1g.10gb 2g.10gb 3g.20gb 4g.20gb 7g.40gb, 78, 38",
        "NVIDIA H100 80GB HBM3, 1g.10gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb,        19, 14",
        "NVIDIA A30,            1g.6gb 2g.12gb 4g.24gb,                          5,  4",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, 1g.24gb 2g.48gb 4g.96gb,  5,  4"
    })
    void theDriverAllowsExactlyTheKnownLayouts(String model, String profiles, int layouts, int multisets)
            throws GpuException {
        Set<String> wanted = Set.of(profiles.split(" ", -1));
        try (Rig rig = Rig.with(model)) {
            Walk walk = new Walk(
                    rig,
                    Slot.of(rig.description()).stream()
                            .filter(slot -> wanted.contains(slot.profile().toString()))
                            .toList());

            walk.from(0, new ArrayList<>());

            assertThat(walk.maximal).hasSize(layouts);
            assertThat(walk.multisets).hasSize(multisets);
            assertThat(rig.instances()).isEmpty();
        }
    }

    /**
     * The walk.
     *
     * @param rig the GPU
     * @param slots what may be cut
     * @param maximal layouts found to which nothing can be added
     * @param multisets the same without their places
     */
    private record Walk(Rig rig, List<Slot> slots, Set<Set<Slot>> maximal, Set<List<String>> multisets) {

        Walk(Rig rig, List<Slot> slots) {
            this(rig, slots, new HashSet<>(), new HashSet<>());
        }

        /** Slots are added in ascending order only, so that each layout is met once. */
        void from(int next, List<Slot> layout) throws GpuException {
            boolean full = true;
            for (int i = 0; i < slots.size(); i++) {
                Slot slot = slots.get(i);
                try {
                    GpuInstance instance = rig.cut(slot.profile(), slot.placement());
                    full = false;
                    if (i >= next) {
                        layout.add(slot);
                        from(i + 1, layout);
                        layout.removeLast();
                    }
                    rig.destroy(instance);
                } catch (GpuException e) {
                    assertThat(e.code()).as(e.getMessage()).isEqualTo(GpuErrorCode.INSUFFICIENT_RESOURCES);
                }
            }
            if (full) {
                maximal.add(Set.copyOf(layout));
                multisets.add(layout.stream()
                        .map(slot -> slot.profile().toString())
                        .sorted()
                        .toList());
            }
        }
    }
}
