package io.migpool.testbed.bench;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class BenchTest {

    @Test
    void unknownWordsAreAnsweredWithTheUsage() {
        assertThatThrownBy(() -> Bench.run(List.of("pakking"), System.out))
                .hasMessageContaining("pakking")
                .hasMessageContaining("packing [--quick]");
        assertThatThrownBy(() -> Bench.run(List.of("packing", "--fast"), System.out))
                .hasMessageContaining("--fast");
    }
}
