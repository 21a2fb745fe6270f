package io.migpool.deviceplugin.geometry;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DivisionTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                             |                                                   | 1
            1g.10gb:2 3g.40gb:1            | 1g.10gb [1], 1g.10gb [1], 3g.40gb [3]             | 1
            1c.3g.40gb:3                   | 3g.40gb [1, 1, 1]                                 | 2
            1c.3g.40gb:4                   | 3g.40gb [1, 1, 1], 3g.40gb [1]                    | 2
            1c.3g.40gb:1 2c.3g.40gb:1      | 3g.40gb [2, 1]                                    | 2
            3g.40gb:1 1c.3g.40gb:3         | 3g.40gb [3], 3g.40gb [1, 1, 1]                    | 1
            2c.3g.40gb:2 1c.3g.40gb:2      | 3g.40gb [2, 1], 3g.40gb [2, 1]                    | 1
            1c.2g.20gb:3                   | 2g.20gb [1, 1], 2g.20gb [1]                       | 2
            2c.4g.40gb:1 1c.4g.40gb:2      | 4g.40gb [2, 1, 1]                                 | 1
            4c.7g.80gb:1 3c.7g.80gb:1      | 7g.80gb [4, 3]                                    | 1
            1c.7g.80gb:7                   | 7g.80gb [1, 1, 1, 1, 1, 1, 1]                     | 1
            1c.2g.20gb:2 1c.3g.40gb:2      | 2g.20gb [1, 1], 3g.40gb [1, 1]                    | 4
            """)
    void partsShareGpuInstancesAsMigPartedPutsThem(String devices, String first, int ways) throws GpuException {
        List<List<Division>> found = Division.ways(offered(), Boards.counts(devices));

        assertThat(said(found.getFirst())).isEqualTo(first == null ? "" : first);
        assertThat(found).hasSize(ways).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource({
        "1c.7g.80gb:8",
        "2c.7g.80gb:4",
        "2c.3g.40gb:3",
        "3g.40gb:2 1c.3g.40gb:1",
        "1g.10gb:8",
        "1c.3g.40gb:2147483647 2c.3g.40gb:2147483647"
    })
    void whatNeedsMoreGpuInstancesThanThereAreHasNoWay(String devices) throws GpuException {
        assertThat(Division.ways(offered(), Boards.counts(devices))).isEmpty();
    }

    /** mig-parted tries its first order, which leaves gaps, and gets by with it where the board has room. */
    @Test
    void gapsAreLeftWhereThereIsRoomForThem() {
        List<ProfileCapability> roomy =
                Boards.invented(0x1234_10DE, "3g.40gb:3").profiles();

        assertThat(Division.ways(roomy, Boards.counts("2c.3g.40gb:2 1c.3g.40gb:2")))
                .extracting(DivisionTest::said)
                .containsExactlyInAnyOrder(
                        "3g.40gb [2], 3g.40gb [2, 1], 3g.40gb [1]",
                        "3g.40gb [2, 1], 3g.40gb [2, 1]",
                        "3g.40gb [2], 3g.40gb [2], 3g.40gb [1, 1]")
                .startsWith("3g.40gb [2], 3g.40gb [2, 1], 3g.40gb [1]");
    }

    private static List<ProfileCapability> offered() throws GpuException {
        return Boards.of(Boards.A100).getFirst().profiles();
    }

    private static String said(List<Division> way) {
        return way.stream()
                .sorted(Comparator.comparing(division -> division.offered().profile()))
                .map(division -> division.offered().profile() + " " + division.computeSlices())
                .collect(Collectors.joining(", "));
    }
}
