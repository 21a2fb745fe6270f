package io.migpool.testbed.apiserver.tables;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ColumnTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0s",
        "119, 119s",
        "120, 2m",
        "150, 2m30s",
        "600, 10m",
        "10799, 179m",
        "10800, 3h",
        "12600, 3h30m",
        "28800, 8h",
        "172799, 47h",
        "172800, 2d",
        "266400, 3d2h",
        "691200, 8d",
        "864000, 10d"
    })
    void agesAreShort(long seconds, String shown) {
        Instant now = Instant.parse("2026-01-31T00:00:00Z");

        assertThat(Column.age(now.minusSeconds(seconds).toString(), now)).isEqualTo(shown);
    }
}
