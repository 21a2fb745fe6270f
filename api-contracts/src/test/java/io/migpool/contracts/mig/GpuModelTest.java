package io.migpool.contracts.mig;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class GpuModelTest {

    /** The models of HAMi's default configuration, entry by entry. */
    private static final List<List<String>> ENTRIES = List.of(
            List.of("A30"),
            List.of("A100-SXM4-40GB", "A100-40GB-PCIe", "A100-PCIE-40GB"),
            List.of("A100-SXM4-80GB", "A100-80GB-PCIe", "A100-PCIE-80GB"),
            List.of("H100-PCIE-80GB", "H100-SXM5-80GB"),
            List.of("H100-PCIE-94GB", "H100-SXM5-94GB"),
            List.of("H20", "H100 on GH200"),
            List.of("H200 NVL", "H200-SXM5"),
            List.of("B200"),
            List.of("RTX PRO 6000 Blackwell Server Edition"));

    /** NVML's name, total memory in MiB, and the index of the matching entry; -1 for none. */
    static Stream<Arguments> boards() {
        return Stream.of(
                Arguments.of("NVIDIA A30", 24576, 0),
                Arguments.of("NVIDIA A100-SXM4-40GB", 40960, 1),
                Arguments.of("NVIDIA A100-PCIE-40GB", 40960, 1),
                Arguments.of("A100-SXM4-40GB", 40536, 1),
                Arguments.of("NVIDIA A100-SXM4-80GB", 81920, 2),
                Arguments.of("NVIDIA A100-SXM-80GB", 81920, 2),
                Arguments.of("NVIDIA A100 80GB PCIe", 81920, 2),
                Arguments.of("NVIDIA H100 80GB HBM3", 81559, 3),
                Arguments.of("NVIDIA H100 PCIe", 81559, 3),
                Arguments.of("NVIDIA H100 NVL", 95830, 4),
                Arguments.of("NVIDIA H100", 95830, 4),
                Arguments.of("NVIDIA H20", 97871, 5),
                Arguments.of("NVIDIA GH200 480GB", 97871, 5),
                Arguments.of("NVIDIA H200", 143771, 6),
                Arguments.of("NVIDIA H200 NVL", 143771, 6),
                Arguments.of("NVIDIA B200", 183359, 7),
                Arguments.of("NVIDIA RTX PRO 6000 Blackwell Server Edition", 97887, 8),
                Arguments.of("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", 97887, -1),
                Arguments.of("NVIDIA RTX 6000 Ada Generation", 49140, -1),
                Arguments.of("NVIDIA A100-SXM-64GB", 65536, -1),
                Arguments.of("NVIDIA A100X", 81920, -1),
                Arguments.of("NVIDIA A800-SXM4-80GB", 81920, -1),
                Arguments.of("NVIDIA A800 80GB PCIe", 81920, -1),
                Arguments.of("NVIDIA H800", 81559, -1),
                Arguments.of("NVIDIA H800 PCIe", 81559, -1),
                Arguments.of("NVIDIA GB200", 189471, -1),
                Arguments.of("NVIDIA B300 SXM6 AC", 275040, -1),
                Arguments.of("NVIDIA A10", 23028, -1),
                Arguments.of("NVIDIA L40S", 46068, -1),
                Arguments.of("Tesla V100-SXM2-32GB", 32768, -1));
    }

    @ParameterizedTest
    @MethodSource("boards")
    void aRealBoardMeansOneEntryOfTheDefaultConfigurationOrNone(String name, long memoryMiB, int entry) {
        GpuModel board = new GpuModel(name, memoryMiB);
        List<Integer> specificities = ENTRIES.stream()
                .map(models ->
                        models.stream().mapToInt(board::specificity).max().orElse(0))
                .toList();

        for (int i = 0; i < ENTRIES.size(); i++) {
            assertThat(specificities.get(i) > 0)
                    .as("%s is one of %s", name, ENTRIES.get(i))
                    .isEqualTo(i == entry);
        }
    }

    @ParameterizedTest
    @MethodSource("boards")
    void aBoardIsMeantByItsOwnNameInAnySpelling(String name, long memoryMiB) {
        GpuModel board = new GpuModel(name, memoryMiB);
        String asLabel = name.replace(' ', '-');

        assertThat(board.specificity(name)).isPositive();
        assertThat(board.specificity(asLabel)).isEqualTo(board.specificity(name));
        assertThat(board.specificity(" " + asLabel.toLowerCase(Locale.ROOT))).isEqualTo(board.specificity(name));
    }

    @ParameterizedTest
    @CsvSource({
        "NVIDIA H100 80GB HBM3, 81559, H100, H100-SXM5-80GB",
        "NVIDIA A100-SXM4-80GB, 81920, A100, A100-80GB",
        "NVIDIA H200 NVL, 143771, H200, H200 NVL",
        "NVIDIA GH200 144G HBM3e, 146831, H100 on GH200, GH200-144GB",
        "NVIDIA GH200 480GB, 97871, H100 on GH200, GH200-96GB",
        "NVIDIA H20-3e, 143771, H20, H20-141GB"
    })
    void theMoreSpecificNameWins(String name, long memoryMiB, String general, String specific) {
        GpuModel board = new GpuModel(name, memoryMiB);

        assertThat(board.specificity(general)).isPositive();
        assertThat(board.specificity(specific)).isGreaterThan(board.specificity(general));
    }

    @ParameterizedTest
    @CsvSource({
        "NVIDIA H200, 143771, H20",
        "NVIDIA GH200 480GB, 97871, H200",
        "NVIDIA GH200 480GB, 97871, H20",
        "NVIDIA GH200 480GB, 97871, H100",
        "NVIDIA H20, 97871, H200",
        "NVIDIA GB200, 189471, B200",
        "NVIDIA H100 80GB HBM3, 81559, H100 on GH200",
        "NVIDIA H100 PCIe, 81559, H100-SXM5-80GB",
        "NVIDIA H200 NVL, 143771, H200-SXM5",
        "NVIDIA A100-SXM4-40GB, 40960, A100-SXM4-80GB",
        "NVIDIA A100-PCIE-40GB, 40960, A100-80GB-PCIe",
        "NVIDIA A30, 24576, A3"
    })
    void aSimilarNameIsAnotherBoard(String name, long memoryMiB, String pattern) {
        assertThat(new GpuModel(name, memoryMiB).specificity(pattern)).isZero();
    }

    @Test
    void aPatternWithoutAModelMeansNoBoard() {
        GpuModel board = new GpuModel("NVIDIA A30", 24576);

        assertThat(Stream.of("", " ", "NVIDIA", "nvidia-", "-"))
                .allSatisfy(pattern -> assertThat(board.specificity(pattern)).isZero());
    }
}
