package io.migpool.deviceplugin.handout;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.config.MigStrategy;
import io.migpool.deviceplugin.gpu.CutGpu;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.migmanager.LabelDrivenMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What NVIDIA's device plugin makes of two GPUs, by strategy. */
class OfferTest {

    private static final String OFF = "OFF";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            NONE   | OFF             | OFF         | gpu=2                                                     | ''
            NONE   | 1g.10gb@0       | ''          | gpu=2                                                     | ''
            SINGLE | OFF             | OFF         | gpu=2                                                     | ''
            SINGLE | 3g.40gb@0 3g.40gb@4 | 3g.40gb@4 | gpu=3                                                   | ''
            SINGLE | 1g.10gb+me@0    | 1g.10gb+me@3 | gpu=2                                                    | ''
            SINGLE | 3g.40gb@0       | OFF         | ''                                                        | 3g.40gb, whole GPUs
            SINGLE | 3g.40gb@0       | ''          | ''                                                        | 3g.40gb, GPUs in MIG mode without MIG devices
            SINGLE | ''              | ''          | ''                                                        | GPUs in MIG mode without MIG devices
            SINGLE | 3g.40gb@0 1g.10gb@4 | 3g.40gb@0 | ''                                                      | 1g.10gb, 3g.40gb
            SINGLE | 1g.10gb@0       | 1g.10gb+me@0 | ''                                                       | 1g.10gb, 1g.10gb+me
            SINGLE | 3g.40gb@0/1/1   | 3g.40gb@4/1 | gpu=3                                                     | ''
            SINGLE | 3g.40gb@0/2/1   | 3g.40gb@0   | ''                                                        | 1c.3g.40gb, 2c.3g.40gb, 3g.40gb
            MIXED  | 3g.40gb@0/1/1/1 | 4g.40gb@0/2 | mig-1c.3g.40gb=3 mig-2c.4g.40gb=1                         | ''
            MIXED  | OFF             | OFF         | gpu=2                                                     | ''
            MIXED  | 1g.10gb@0 1g.10gb@1 2g.20gb@2 3g.40gb@4 | OFF | gpu=1 mig-1g.10gb=2 mig-2g.20gb=1 mig-3g.40gb=1 | ''
            MIXED  | 1g.10gb+me@0    | ''          | mig-1g.10gb.me=1                                          | ''
            MIXED  | 1g.10gb@0       | 1g.10gb@6   | mig-1g.10gb=2                                             | ''
            """)
    void resourcesOf(MigStrategy strategy, String first, String second, String expected, String problem)
            throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3:2")) {
            List<String> layouts = List.of(first, second);
            List<CutGpu> gpus = new ArrayList<>();
            for (int i = 0; i < layouts.size(); i++) {
                if (!layouts.get(i).equals(OFF)) {
                    machine.cut(i, layouts.get(i));
                }
                gpus.add(CutGpu.read(machine.driver(), machine.board(i)));
            }

            Offer offer = Offer.of(gpus, strategy);

            Map<String, Integer> counts = new TreeMap<>();
            offer.resources().forEach((name, devices) -> counts.put(name, devices.size()));
            assertThat(counts).isEqualTo(counts(expected));
            if (problem.isEmpty()) {
                assertThat(offer.problem()).isEmpty();
            } else {
                assertThat(offer.problem().orElseThrow()).contains("there are " + problem + ";", "migstrategy mixed");
            }
            GpuDescription board = machine.board(0);
            assertThat(offer.resources().values().stream().flatMap(List::stream))
                    .allMatch(device -> device.uuid().startsWith("MIG-")
                            || device.uuid().equals(board.uuid())
                            || device.gpuInstanceId().isEmpty())
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void unlikeBoardsAreNotOneKindThoughTheirProfilesAreCalledAlike() throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 PCIe,NVIDIA H100 80GB HBM3")) {
            List<CutGpu> gpus = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                machine.cut(i, "1g.10gb@0");
                gpus.add(CutGpu.read(machine.driver(), machine.board(i)));
            }

            Offer offer = Offer.of(gpus, MigStrategy.SINGLE);

            assertThat(offer.resources()).isEmpty();
            assertThat(offer.problem().orElseThrow())
                    .contains("there are 1g.10gb of NVIDIA H100 80GB HBM3, 1g.10gb of NVIDIA H100 PCIe;");
        }
    }

    private static Map<String, Integer> counts(String text) {
        Map<String, Integer> counts = new TreeMap<>();
        for (String entry : text.isBlank() ? new String[0] : text.split(" ", -1)) {
            int at = entry.indexOf('=');
            counts.put("nvidia.com/" + entry.substring(0, at), Integer.valueOf(entry.substring(at + 1)));
        }
        return counts;
    }
}
