package io.migpool.testbed.bench.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What people and scripts read of the measurements. */
class NodeFiguresTest {

    @Test
    void percentilesAreByNearestRankWhateverTheOrder() {
        List<Double> millis = new ArrayList<>(
                IntStream.rangeClosed(1, 200).mapToObj(Double::valueOf).toList());
        Collections.shuffle(millis, new Random(7));
        NodeFigures figures = new NodeFigures(4.5, millis, 1, 2, 100);

        assertThat(figures.overhead(0.5)).isEqualTo(100);
        assertThat(figures.overhead(0.99)).isEqualTo(198);
        assertThat(figures.overhead(1)).isEqualTo(200);
        assertThat(new NodeFigures(4.5, List.of(3.0), 1, 2, 100).overhead(0.99)).isEqualTo(3);
    }

    @Test
    void scriptsReadOneLineOfRoundedFigures() {
        assertThat(new NodeFigures(4.4567, List.of(20.96), 1.001, 2.499, 187).json())
                .isEqualTo("{\"bench\":\"node\",\"burst_seconds\":4.46,\"prestart_overhead_p99_ms\":21.0,"
                        + "\"first_start_seconds\":1.0,\"adoption_seconds\":2.5,\"rss_mib\":187}");
    }
}
