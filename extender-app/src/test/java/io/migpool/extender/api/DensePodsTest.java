package io.migpool.extender.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.fabric8.kubernetes.api.model.Pod;
import jakarta.ws.rs.WebApplicationException;
import java.io.ByteArrayInputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Pods to explain come from any client that reaches the admin socket. */
class DensePodsTest {

    /** The size that the socket permits. */
    private static final int PERMITTED_BYTES = 3 * 1024 * 1024;

    /** Two bodies at once, beside the view of the cluster, in the image's heap of 614 MiB. */
    private static final long MOST_ALLOCATED_BYTES = 100L * 1024 * 1024;

    private final ExtenderJson json = ExtenderJson.ofAnybody(ExplainResource.MOST_TOKENS);

    @Test
    void aPodOfAMillionContainersIsRefusedBeforeItHasTakenMuchMemory() {
        byte[] body = ("{\"metadata\":{},\"spec\":{\"containers\":[" + "{},".repeat((PERMITTED_BYTES - 50) / 3)
                        + "{}]}}")
                .getBytes(StandardCharsets.UTF_8);
        assertThat(body).hasSizeLessThanOrEqualTo(PERMITTED_BYTES);
        assertThatThrownBy(() -> json.read(new ByteArrayInputStream(new byte[] {'{'}), Pod.class))
                .satisfies(DensePodsTest::isRefused);

        long before = allocated();
        assertThatThrownBy(() -> json.read(new ByteArrayInputStream(body), Pod.class))
                .satisfies(DensePodsTest::isRefused);
        long taken = allocated() - before;

        assertThat(taken).isLessThan(MOST_ALLOCATED_BYTES);
    }

    private static void isRefused(Throwable thrown) {
        assertThat(thrown).isInstanceOfSatisfying(WebApplicationException.class, refusal -> assertThat(
                        refusal.getResponse().getStatus())
                .isEqualTo(400));
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
