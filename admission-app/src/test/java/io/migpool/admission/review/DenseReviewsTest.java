package io.migpool.admission.review;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies of the permitted size that would be many times as large in memory. */
class DenseReviewsTest {

    /** Within the permitted depth. */
    private static final int DEEP = 90;

    private static final int PERMITTED_BYTES = 4 * 1024 * 1024;

    /** Four large bodies and eight small ones at once must fit into the image's heap of 307 MiB. */
    private static final long MOST_ALLOCATED_BYTES = 40L * 1024 * 1024;

    private final AdmissionReviewer reviewer = new AdmissionReviewer(() -> Optional.of(ReviewPolicy.DEFAULT));

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "1", "\"\"", "{\"\":", "["})
    void theDensestBodyOfThePermittedSizeIsRefusedBeforeItHasTakenMuchMemory(String part) {
        String one =
                switch (part) {
                    case "{\"\":" -> part.repeat(DEEP) + "1" + "}".repeat(DEEP);
                    case "[" -> part.repeat(DEEP) + "]".repeat(DEEP);
                    default -> part;
                };
        String head = "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\","
                + "\"operation\":\"CREATE\",\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},"
                + "\"object\":{\"spec\":{\"containers\":[";
        int times = (PERMITTED_BYTES - head.length() - one.length() - 5) / (one.length() + 1);
        byte[] body = (head + (one + ",").repeat(times) + one + "]}}}}").getBytes(StandardCharsets.UTF_8);
        assertThat(body).hasSizeBetween(PERMITTED_BYTES - 1_000, PERMITTED_BYTES);
        reviewer.review(new byte[0]);

        long before = allocated();
        ReviewAnswer answer = reviewer.review(body);
        long taken = allocated() - before;

        assertThat(answer.httpStatus()).isEqualTo(400);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains("cannot be read as JSON");
        assertThat(taken).isLessThan(MOST_ALLOCATED_BYTES);
    }

    @Test
    void aPodAsLargeAsTheyComeIsReviewed() throws Exception {
        ObjectNode pod = (ObjectNode) ReviewFixtures.podWithLimits("{'nvidia.com/gpu': 1}");
        ArrayNode containers = (ArrayNode) pod.at("/spec/containers");
        for (int i = 0; i < 100; i++) {
            ArrayNode env = containers
                    .addObject()
                    .put("name", "sidecar-" + i)
                    .put("image", "registry.example/sidecar:1")
                    .putArray("env");
            for (int j = 0; j < 200; j++) {
                env.addObject().put("name", "SETTING_" + j).put("value", "value of it, of ordinary length");
            }
        }
        byte[] review = ReviewFixtures.creation(pod);
        assertThat(review).as("larger than etcd's limit").hasSizeGreaterThan(1_500_000 * 5 / 6);

        assertThat(reviewer.review(review).outcome()).isEqualTo(ReviewAnswer.Outcome.PATCHED);
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
