package io.migpool.runtime.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LastReportTest {

    private final LastReport last = new LastReport();

    @Test
    void whatStaysAsItIsIsNewsOnce() {
        assertThat(last.changesTo("no driver")).isTrue();
        assertThat(last.changesTo("no driver")).isFalse();
        assertThat(last.changesTo("no GPU")).isTrue();
        assertThat(last.changesTo("no driver")).isTrue();
    }

    @Test
    void whatComesBackIsNewsAgain() {
        assertThat(last.changesTo("no driver")).isTrue();
        last.clear();

        assertThat(last.changesTo("no driver")).isTrue();
    }
}
