package io.migpool.contracts.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.contracts.wire.GpuConditions.Condition;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GpuConditionsTest {

    @Test
    void whatIsWrittenIsReadBack() throws Exception {
        List<Condition> conditions = List.of(
                new Condition("GPU-a", 0, "GpuUnhealthy", "Xid 79; \"see\" the log"),
                new Condition("GPU-b", 3, "ModeChangeWaits", "…"));

        assertThat(GpuConditions.decode(GpuConditions.encode(conditions))).isEqualTo(conditions);
        assertThat(GpuConditions.encode(List.of())).isEqualTo("[]");
        assertThat(GpuConditions.decode("")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|migpool.io/gpu-conditions",
                "[{\"index\":0,\"reason\":\"R\",\"note\":\"n\"}]|id",
                "[{\"id\":\"GPU-a\",\"note\":\"n\"}]|reason",
                "[{\"id\":\"GPU-a\",\"index\":-1,\"reason\":\"R\",\"note\":\"n\"}]|index"
            })
    void whatIsMalformedIsNamed(String text, String named) {
        assertThatThrownBy(() -> GpuConditions.decode(text))
                .isInstanceOf(MalformedAnnotationException.class)
                .hasMessageContaining(named);
    }
}
