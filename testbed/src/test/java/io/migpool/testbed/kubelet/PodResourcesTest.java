package io.migpool.testbed.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PodResourcesTest {

    private static final long TEN_MS = 10_000_000;

    @Test
    void tenCallsGoThroughAtOnceAndThenOneEachTenMilliseconds() {
        var now = new AtomicLong();
        var limit = new CallLimit(100, 10, now::get);

        assertThat(IntStream.range(0, 12).filter(_ -> limit.tryCall()).count()).isEqualTo(10);
        now.addAndGet(TEN_MS);
        assertThat(limit.tryCall()).isTrue();
        assertThat(limit.tryCall()).isFalse();
        now.addAndGet(1000 * TEN_MS);
        assertThat(IntStream.range(0, 12).filter(_ -> limit.tryCall()).count())
                .as("unused calls are not saved up beyond the burst")
                .isEqualTo(10);
    }

    @Test
    void aCallerBeyondTheLimitGetsResourceExhausted() {
        try (var node = new NodeFixture(1)) {
            var refusal = catchThrowableOfType(StatusRuntimeException.class, () -> {
                for (var call = 0; call < 1000; call++) {
                    node.listOnOneChannel(50);
                }
            });

            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(refusal).hasMessageContaining("rate limit");
        }
    }
}
