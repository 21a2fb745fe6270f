package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ThreadLaneTest {

    private final ThreadLane lane = new ThreadLane("GPU-a");

    @Test
    void whoeverWaitsForATaskIsToldAlsoOfAnError() {
        CompletableFuture<Void> broken = lane.submit(() -> {
            throw new NoClassDefFoundError("a class that is not there");
        });

        assertThatThrownBy(() -> broken.get(1, TimeUnit.MINUTES)).hasCauseInstanceOf(NoClassDefFoundError.class);
        lane.close();
    }

    @Test
    void whoeverWaitsForATaskThatIsNotBegunAnyMoreIsTold() {
        CountDownLatch closing = new CountDownLatch(1);
        var _ = lane.submit(() -> closing.await(1, TimeUnit.MINUTES));
        CompletableFuture<Boolean> waiting = lane.submit(() -> true);
        var _ = waiting.whenComplete((_, _) -> closing.countDown());

        lane.close();

        assertThat(waiting).isCancelled();
    }
}
