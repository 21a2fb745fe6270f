package io.migpool.contracts.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinkScoresTest {

    @Test
    void hamisFormIsReadAndWritten() throws MalformedAnnotationException {
        String text = "[{\"uuid\":\"GPU-0\",\"score\":{\"GPU-1\":100}},{\"uuid\":\"GPU-1\",\"score\":{\"GPU-0\":100}}]";
        LinkScores scores = LinkScores.decode(text);
        assertThat(scores.between("GPU-0", "GPU-1")).isEqualTo(100);
        assertThat(scores.encode()).isEqualTo(text);
        assertThat(LinkScores.decode(" ")).isEqualTo(LinkScores.NONE);
    }

    @Test
    void pairsThatDisagreeOrAreNotListedCountNothing() {
        LinkScores scores = new LinkScores(Map.of("a", Map.of("b", 100, "c", 20), "b", Map.of("a", 10), "c", Map.of()));
        assertThat(scores.between("a", "b")).isZero();
        assertThat(scores.between("a", "c")).isZero();
        assertThat(scores.between("a", "unknown")).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                                     | it must be a JSON list",
                "[{\"score\":{}}]                                       | [0].uuid is missing",
                "[{\"uuid\":\"a\"}]                                     | [0].score is missing",
                "[{\"uuid\":\"a\",\"score\":{\"b\":\"x\"}}]             | [0].score.b must be a whole number",
                "[{\"uuid\":\"a\",\"score\":{\"b\":1.5}}]               | [0].score.b must be a whole number",
                "[{\"uuid\":\"a\",\"score\":{\"b\":null}}]              | [0].score.b is missing",
                "[{\"uuid\":\"a\",\"score\":{}},{\"uuid\":\"a\",\"score\":{}}] | [1] names a a second time"
            })
    void whatIsMalformedIsNamed(String text, String what) {
        assertThatThrownBy(() -> LinkScores.decode(text))
                .isInstanceOf(MalformedAnnotationException.class)
                .hasMessageContaining("hami.io/node-nvidia-score")
                .hasMessageContaining(what);
    }
}
