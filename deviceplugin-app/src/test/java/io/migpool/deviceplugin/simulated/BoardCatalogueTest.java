package io.migpool.deviceplugin.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.MigSupport;
import java.util.Comparator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BoardCatalogueTest {

    private final BoardCatalogue boards = BoardCatalogue.load();

    @ParameterizedTest
    @CsvSource({
        "NVIDIA A30,                                    24576,  4, AFTER_RESET",
        "NVIDIA A100-SXM4-40GB,                         40960,  8, AFTER_RESET",
        "NVIDIA A100-SXM4-80GB,                         81920,  8, AFTER_RESET",
        "NVIDIA A100 80GB PCIe,                         81920,  8, AFTER_RESET",
        "NVIDIA H100 80GB HBM3,                         81559,  8, AT_ONCE",
        "NVIDIA H100 NVL,                               95830,  8, AT_ONCE",
        "NVIDIA H200,                                   143771, 8, AT_ONCE",
        "NVIDIA B200,                                   183359, 8, AT_ONCE",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition,  97887, 12, AT_ONCE",
        "NVIDIA L40S,                                   46068,  0, NONE"
    })
    void boardsHaveTheFiguresThatDriversPrint(String model, long memoryMiB, int units, MigSupport support) {
        Board board = boards.board(model);

        assertThat(board.memoryMiB()).isEqualTo(memoryMiB);
        assertThat(board.units()).isEqualTo(units);
        assertThat(board.migSupport()).isEqualTo(support);
    }

    @ParameterizedTest
    @CsvSource({
        "NVIDIA A100-SXM4-80GB, 1g.10gb, 9728,  15, 7",
        "NVIDIA A100-SXM4-80GB, 3g.40gb, 40192, 43, 2",
        "NVIDIA A100-SXM4-80GB, 4g.40gb, 40192, 58, 1",
        "NVIDIA H100 80GB HBM3, 1g.10gb, 9984,  13, 7",
        "NVIDIA H100 80GB HBM3, 1g.20gb, 20096, 20, 4",
        "NVIDIA A30,            2g.12gb, 11968, 50, 2"
    })
    void coreShareIsRoundedUp(String model, String profile, long memoryMiB, int corePercent, int maxInstances) {
        ProfileCapability capability = boards.board(model)
                .profile(MigProfile.parse(profile))
                .orElseThrow()
                .capability();

        assertThat(capability.memoryMiB()).isEqualTo(memoryMiB);
        assertThat(capability.corePercent()).isEqualTo(corePercent);
        assertThat(capability.maxInstances()).isEqualTo(maxInstances);
    }

    @ParameterizedTest
    @MethodSource("io.migpool.deviceplugin.simulated.Rig#migBoards")
    void theLargestProfileTakesTheWholeBoard(Board board) {
        ProfileCapability largest = board.profiles().stream()
                .map(Board.Profile::capability)
                .max(Comparator.comparingInt(ProfileCapability::size))
                .orElseThrow();

        assertThat(largest.placements()).containsExactly(new Placement(0, board.units()));
        assertThat(largest.corePercent()).isEqualTo(100);
        assertThat(largest.memoryMiB()).isLessThan(board.memoryMiB());
    }

    /** NVIDIA go-nvlib computes the GB of a name from the two amounts of memory. */
    @ParameterizedTest
    @MethodSource("io.migpool.deviceplugin.simulated.Rig#migBoards")
    void namesFollowFromTheMemory(Board board) {
        double totalGiB = Math.ceil(board.memoryMiB() / 1024.0);
        assertThat(board.profiles()).allSatisfy(profile -> {
            double eighths = Math.ceil(profile.capability().memoryMiB() * 8.0 / board.memoryMiB());
            assertThat(profile.capability().profile().memoryGB())
                    .as(profile.capability().profile().toString())
                    .isEqualTo((int) Math.floor(eighths / 8 * totalGiB + 0.5));
        });
    }

    @Test
    void anUnknownModelIsAnsweredWithTheKnownOnes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> boards.board("NVIDIA A100"))
                .withMessageStartingWith("no simulated board is called 'NVIDIA A100'; known: [NVIDIA A100 80GB PCIe,")
                .withMessageContaining("NVIDIA H200");
    }
}
