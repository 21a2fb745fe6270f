package io.migpool.runtime.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventNoteTest {

    @ParameterizedTest
    @ValueSource(strings = {"x", "ü", "…", "\uD83D\uDC11"})
    void whatIsTooLongIsCutBetweenCharactersToWhatTheApiServerTakes(String character) {
        for (int lead = 0; lead < 4; lead++) {
            String note = EventNote.of("a".repeat(lead) + character.repeat(2000));

            byte[] bytes = note.getBytes(StandardCharsets.UTF_8);
            assertThat(bytes).hasSizeBetween(1021, 1024);
            assertThat(new String(bytes, StandardCharsets.UTF_8))
                    .isEqualTo(note)
                    .doesNotContain("?", "\uFFFD");
            assertThat(note).endsWith("...").startsWith("a".repeat(lead) + character);
        }
    }

    @Test
    void whatFitsIsLeftAsItIs() {
        assertThat(EventNote.of("ü".repeat(512))).isEqualTo("ü".repeat(512));
        assertThat(EventNote.of("x".repeat(1024))).isEqualTo("x".repeat(1024));
    }
}
