package io.migpool.deviceplugin.geometry;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Boards of which an old driver tells nothing before MIG mode is on, which may take a reboot. */
class KnownBoardsTest {

    private static final GpuLayout MIG_OFF =
            new GpuLayout(MigMode.OFF, List.of(), List.of(), List.of(), new MediaEngines(Map.of()));

    private static GpuDecision decide(GpuDescription board, String devices) {
        return GpuDecision.of(
                new GpuTarget(Boards.untold(board), MigSpecEntry.everywhere(Boards.counts(devices))), MIG_OFF);
    }

    @ParameterizedTest
    @CsvSource({
        "1g.5gb:7, 1g.5gb is not offered by NVIDIA A100-SXM4-80GB, only [",
        "1g.10gb:8, 8 of 1g.10gb do not fit together on one GPU; NVIDIA A100-SXM4-80GB holds 7",
        "4g.40gb:1 3g.40gb:2, do not fit together on one GPU",
        "1c.5g.40gb:1, 5g.40gb is not offered by NVIDIA A100-SXM4-80GB, only [",
        "3c.4g.40gb:1, '3c.4g.40gb is not offered; the parts of 4g.40gb are [1c.4g.40gb, 2c.4g.40gb]'",
        "1c.3g.40gb:7, 3 of 3g.40gb do not fit together on one GPU; NVIDIA A100-SXM4-80GB holds 2",
        "1c.3g.40gb:4 1c.2g.20gb:1, do not fit together on one GPU",
        "1g.10gb+gfx:1, 1g.10gb+gfx is not offered",
    })
    void whatIsKnownToBeImpossibleIsRefusedBeforeMigModeIsChanged(String devices, String told) throws GpuException {
        assertThat(decide(Boards.of(Boards.A100).getFirst(), devices))
                .isInstanceOfSatisfying(GpuDecision.Refused.class, refused -> assertThat(refused.reason())
                        .contains(told));
    }

    @ParameterizedTest
    @CsvSource({
        "NVIDIA A100-SXM4-80GB, 3g.40gb:1 4g.40gb:1",
        "NVIDIA A100-SXM4-80GB, 7g.79gb:1",
        "NVIDIA A100-SXM4-80GB, 1g.10gb+me:1 1g.10gb:6",
        "NVIDIA A30, 1g.6gb:4",
        "NVIDIA A100-SXM4-80GB, 1c.3g.40gb:2 2c.3g.40gb:2",
        "NVIDIA A100-SXM4-80GB, 1c.4g.40gb:4 3g.40gb:1",
        "NVIDIA A30, ''",
    })
    void whatMayBePossibleIsTried(String model, String devices) throws GpuException {
        assertThat(decide(Boards.of(model).getFirst(), devices)).isInstanceOf(GpuDecision.Change.class);
    }

    @ParameterizedTest
    @CsvSource({
        "20F6, 1g.5gb:2 2g.10gb:1 3g.20gb:1",
        "20F5, 1g.10gb:2 2g.20gb:1 3g.40gb:1",
        "2322, 1g.10gb:2 2g.20gb:1 3g.40gb:1",
        "233A, 1g.12gb:2 2g.24gb:1 3g.47gb:1",
        "2342, 1g.12gb:2 2g.24gb:1 3g.48gb:1",
        "2329, 1g.12gb:2 2g.24gb:1 3g.48gb:1",
        "2348, 1g.18gb:2 2g.36gb:1 3g.72gb:1",
        "233B, 1g.18gb:2 2g.35gb:1 3g.71gb:1",
        "2901, 1g.23gb:2 2g.45gb:1 3g.90gb:1",
        "2941, 1g.23gb:2 2g.47gb:1 3g.93gb:1",
        "3182, 1g.34gb:2 2g.67gb:1 3g.135gb:1",
        "31C2, 1g.35gb:2 2g.70gb:1 3g.139gb:1",
    })
    void boardsThatNoSimulationHasAreKnownToo(String device, String balanced) throws MigSpecException {
        GpuDescription board = Boards.invented((Long.parseLong(device, 16) << 16) | 0x10DE);

        assertThat(GeneratedConfiguration.of(List.of(board)).config("all-balanced"))
                .containsExactly(MigSpecEntry.everywhere(Boards.counts(balanced)));
    }

    @Test
    void aBoardThatNobodyKnowsIsAskedOnceItsModeIsOn() {
        assertThat(decide(Boards.invented(0x1234_10DE, "1g.10gb:1"), "9g.90gb:9"))
                .isInstanceOf(GpuDecision.Change.class);
    }
}
