package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ThreadSerialExecutorTest {

    private final ThreadSerialExecutor executor = new ThreadSerialExecutor("GPU-a");

    @Test
    void whoeverWaitsForATaskIsToldAlsoOfAnError() {
        CompletableFuture<Void> broken = executor.submit(() -> {
            throw new NoClassDefFoundError("a class that is not there");
        });

        assertThatThrownBy(() -> broken.get(1, TimeUnit.MINUTES)).hasCauseInstanceOf(NoClassDefFoundError.class);
        executor.close();
    }

    @Test
    void whoeverWaitsForATaskThatIsNotBegunAnyMoreIsTold() {
        CountDownLatch closing = new CountDownLatch(1);
        var _ = executor.submit(() -> closing.await(1, TimeUnit.MINUTES));
        CompletableFuture<Boolean> waiting = executor.submit(() -> true);
        var _ = waiting.whenComplete((_, _) -> closing.countDown());

        executor.close();

        assertThat(waiting).isCancelled();
    }
}
