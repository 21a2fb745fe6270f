package io.migpool.testbed.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.testbed.app.AppJvm.Allocated;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AppJvmTest {

    @Test
    void whatAThreadThatHasEndedAllocatedBeforeIsNotTakenOffWhatOthersAllocated() {
        Allocated before = new Allocated(Map.of(1L, 100L, 2L, 5000L));
        assertThat(new Allocated(Map.of(1L, 130L, 3L, 7L)).bytesSince(before)).isEqualTo(37);
    }

    private static long allocated(Allocated reading, long thread) {
        return reading.byThread().getOrDefault(thread, 0L);
    }

    @Test
    void whatARunningThreadAllocatesIsCounted() throws Exception {
        AppJvm own = new AppJvm(ProcessHandle.current().pid());
        Allocated before = own.allocated();
        long thread = Thread.currentThread().threadId();
        byte[][] memory = new byte[64][1 << 20];
        Allocated after = own.allocated();
        assertThat(allocated(after, thread) - allocated(before, thread))
                .as("%d MiB, within the precision of all so far", memory.length)
                .isGreaterThan(32 << 20);
    }
}
