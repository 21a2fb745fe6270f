package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MigConfigLabelsTest {

    @ParameterizedTest
    @CsvSource({
        "'', paused-for-mig-change",
        "true, paused-for-mig-change",
        "paused-for-mig-change, paused-for-mig-change",
        "false, false",
        "paused-for-driver-upgrade, paused-for-driver-upgrade",
    })
    void aClientIsPausedUnlessItNeverRuns(String before, String after) {
        assertThat(MigConfigLabels.paused(before)).isEqualTo(after);
    }

    @ParameterizedTest
    @CsvSource({"'', true", "true, true", "paused-for-mig-change, true", "false, false"})
    void aClientComesBackUnlessItNeverRuns(String before, String after) {
        assertThat(MigConfigLabels.restored(before)).isEqualTo(after);
    }

    @Test
    void onlyClientsThatHaveALabelArePausedAndOnlyPausedOnesComeBack() {
        Map<String, String> labels = Map.of(
                "nvidia.com/gpu.deploy.dcgm", "true",
                "nvidia.com/gpu.deploy.nvsm", "false",
                "nvidia.com/gpu.deploy.dcgm-exporter", "paused-for-mig-change");

        assertThat(MigConfigLabels.pausing(labels))
                .isEqualTo(Map.of("nvidia.com/gpu.deploy.dcgm", "paused-for-mig-change"));
        assertThat(MigConfigLabels.restoring(labels)).isEqualTo(Map.of("nvidia.com/gpu.deploy.dcgm-exporter", "true"));
    }

    @Test
    void whoIsPausedByAnotherManagerIsWaitedForAndLeftToIt() {
        Map<String, String> labels = Map.of("nvidia.com/gpu.deploy.dcgm", "paused-for-driver-upgrade");

        assertThat(MigConfigLabels.pausing(labels)).isEmpty();
        assertThat(MigConfigLabels.paused(labels)).containsExactly("dcgm");
        assertThat(MigConfigLabels.restoring(labels)).isEmpty();
    }
}
