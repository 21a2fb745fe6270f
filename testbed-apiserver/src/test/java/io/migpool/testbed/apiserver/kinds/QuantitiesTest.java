package io.migpool.testbed.apiserver.kinds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {

    @ParameterizedTest
    @CsvSource({
        "8000, 8k",
        "1, 1",
        "0, 0",
        "1000, 1k",
        "1500, 1500",
        "8001, 8001",
        "10240, 10240",
        "1000000, 1M",
        "1024Mi, 1Gi",
        "16Gi, 16Gi",
        "1536Mi, 1536Mi",
        "1.5Gi, 1536Mi",
        "0.5Mi, 512Ki",
        "8000Ki, 8000Ki",
        "0.5Ki, 512",
        "500m, 500m",
        "1000m, 1",
        "1500m, 1500m",
        "0.5, 500m",
        "100.5, 100500m",
        ".25, 250m",
        "2.50, 2500m",
        "1e3, 1e3",
        "12E6, 12e6",
        "1E, 1E",
        "1Ei, 1Ei",
        "8k, 8k",
        "8000k, 8M",
        "0Gi, 0",
        "-1, -1",
        "+5, 5",
        "0.0000000001, 1n",
        "17179869184, 17179869184",
        "1Ki, 1Ki",
        "2048, 2048"
    })
    void aQuantityComesBackInItsOneSpelling(String sent, String canonical) {
        assertThat(Quantities.canonical(sent)).contains(canonical);
    }

    @ParameterizedTest
    @CsvSource({"8k, 8000", "16Gi, 17179869184", "500m, 0.5", "1e3, 1000", "-1, -1"})
    void theValueIsWhatTheSuffixSays(String text, String value) {
        assertThat(Quantities.value(text)).hasValueSatisfying(v -> assertThat(v).isEqualByComparingTo(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Gi", "1 Gi", "1.2.3", "ten", "1KiB", "0x10", "1ki", "--1"})
    void whatIsNoQuantityIsNone(String text) {
        assertThat(Quantities.canonical(text)).isEmpty();
    }
}
