package io.migpool.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClosingTest {

    private final List<String> told = new ArrayList<>();
    private final Closing closing = new Closing();

    private AutoCloseable part(String name) {
        return () -> told.add("close " + name);
    }

    @Test
    void partsCloseInReverseOrderOnce() {
        closing.add(part("first"));
        closing.start(part("second"), () -> told.add("start second"));
        closing.add(part("third"));

        closing.close();
        closing.close();

        assertThat(told).containsExactly("start second", "close third", "close second", "close first");
    }

    @Test
    void aPartThatCannotBeClosedDoesNotKeepTheOthersOpen() {
        closing.add(part("first"));
        closing.add(() -> {
            throw new IOException("the disk is full");
        });
        closing.add(part("third"));

        closing.close();

        assertThat(told).containsExactly("close third", "close first");
    }

    @Test
    void aPartWhoseStartFailsHalfWayIsClosedToo() {
        IllegalStateException failure = new IllegalStateException("half-way");
        closing.add(part("first"));

        assertThatThrownBy(() -> closing.start(part("second"), () -> {
                    throw failure;
                }))
                .isSameAs(failure);

        assertThat(told).isEmpty();
        closing.close();
        assertThat(told).containsExactly("close second", "close first");
    }

    @Test
    void aPartThatIsStartedAfterTheEndIsClosedAtOnce() {
        closing.close();

        closing.start(part("late"), () -> told.add("start late"));

        assertThat(told).containsExactly("start late", "close late");
    }
}
