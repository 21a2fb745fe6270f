package io.migpool.testbed.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PodResourcesTest {

    private static final Duration TEN_MS = Duration.ofMillis(10);

    @Test
    void tenCallsGoThroughAtOnceAndThenOneEachTenMilliseconds() {
        var time = new ManualTime();
        var limit = new CallLimit(100, 10, time);

        assertThat(IntStream.range(0, 12).filter(_ -> limit.tryCall()).count()).isEqualTo(10);
        time.forward(TEN_MS);
        assertThat(limit.tryCall()).isTrue();
        assertThat(limit.tryCall()).isFalse();
        time.forward(Duration.ofSeconds(10));
        assertThat(IntStream.range(0, 12).filter(_ -> limit.tryCall()).count())
                .as("unused calls are not saved up beyond the burst")
                .isEqualTo(10);
    }

    @Test
    void aCallerBeyondTheLimitGetsResourceExhausted() {
        try (var node = new NodeFixture(1)) {
            node.listOnOneChannel(10);

            var refusal = catchThrowableOfType(StatusRuntimeException.class, () -> node.listOnOneChannel(1));

            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(refusal).hasMessageContaining("rate limit");
            node.time.forward(TEN_MS);
            node.listOnOneChannel(1);
        }
    }
}
