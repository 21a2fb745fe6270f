package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.ReasonCode;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Annotations as long as Kubernetes permits: planning must not become slow, nor waiting pods large. */
class LongAnnotationsTest {

    private static final int PERMITTED = 256 * 1024 - 100;
    private static final int MOST_KEPT = 4096;

    private final Scheduling scheduling = new Scheduling().node("n1", Boards.a10080("GPU-a", 0));

    private static Pod annotated(String key, String value) {
        return KubernetesObjects.annotated(KubernetesObjects.pod("p", "gpu", "1", "gpumem", "8000"), key, value);
    }

    private static String repeated(String member) {
        return (member + ",").repeat(PERMITTED / (member.length() + 1));
    }

    private static String different(int members) {
        return IntStream.range(0, members).mapToObj(i -> "z" + i).collect(Collectors.joining(","));
    }

    private PodDemand kept(Pod pod) {
        scheduling.create(pod);
        return Objects.requireNonNull(
                scheduling.cluster.pod("uid-p").orElseThrow().demand());
    }

    private String refusal(Pod pod) {
        FilterOutcome outcome = scheduling.filter(scheduling.create(pod), "n1");
        assertThat(outcome).isInstanceOf(FilterOutcome.Refused.class);
        FilterOutcome.Refused refused = (FilterOutcome.Refused) outcome;
        assertThat(refused.closest()).isEqualTo(ReasonCode.MISUNDERSTOOD);
        return String.valueOf(refused.refused().get("n1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                Annotations.USE_GPU_TYPE,
                Annotations.NO_USE_GPU_TYPE,
                Annotations.USE_GPU_UUID,
                Annotations.NO_USE_GPU_UUID,
                Annotations.GPU_SCHEDULER_POLICY
            })
    void aListThatIsTooLongIsNotReadAndKeepsThePodWaitingWithAReason(String key) {
        Pod pod = annotated(key, repeated("z"));
        assertThat(refusal(pod)).isEqualTo(key + " has 262044 characters, but may have at most 16384");
        assertThat(kept(pod).characters()).isLessThan(MOST_KEPT);
        assertThat(refusal(annotated(key, different(257))))
                .isEqualTo(key + " has 257 members, but may have at most 256");
        assertThat(kept(annotated(key, different(256))).misunderstood()).isEmpty();
    }

    @Test
    void asManyUuidsAsMembersArePermittedAreRead() {
        String uuids = IntStream.range(0, 256)
                .mapToObj(i -> "GPU-73d33b66-6a1e-41da-8ff6-afa1b2ef%04x".formatted(i))
                .collect(Collectors.joining(", "));

        assertThat(kept(annotated(Annotations.USE_GPU_UUID, uuids))
                        .constraints()
                        .useUuids())
                .hasSize(256);
    }

    @ParameterizedTest
    @ValueSource(strings = {Annotations.VGPU_MODE, Annotations.DEVICE_SCORING_WEIGHTS})
    void aValueThatIsTooLongKeepsThePodWaitingWithAReason(String key) {
        Pod pod = annotated(key, "z".repeat(PERMITTED));
        assertThat(refusal(pod)).startsWith(key).hasSizeLessThan(MOST_KEPT);
        assertThat(kept(pod).characters()).isLessThan(MOST_KEPT);
    }

    @Test
    void whatIsIgnoredIsNamedInAFewShortSentences() {
        PodDemand many = kept(annotated(Annotations.GPU_SCHEDULER_POLICY, different(256)));
        assertThat(many.policies().ignored())
                .hasSize(9)
                .last()
                .isEqualTo("hami.io/gpu-scheduler-policy: 248 more unknown policies ignored");
        assertThat(many.characters()).isLessThan(MOST_KEPT);
        assertThat(kept(annotated(
                                Annotations.GPU_SCHEDULER_POLICY, repeated("z").substring(0, 8000)))
                        .policies()
                        .ignored())
                .hasSize(1);
        assertThat(kept(annotated(Annotations.NODE_SCHEDULER_POLICY, "z".repeat(PERMITTED)))
                        .characters())
                .isLessThan(MOST_KEPT);
        assertThat(kept(annotated(Annotations.NUMA_BIND, "z".repeat(PERMITTED))).characters())
                .isLessThan(MOST_KEPT);
    }

    @Test
    void aPodToExplainMayBeLongerThanAnyThatExists() {
        Explainer explainer = new Explainer(scheduling.context);
        Pod pod = annotated(Annotations.NO_USE_GPU_TYPE, "z,".repeat(3 << 19));
        assertThat(explainer.explain(pod).nodes())
                .singleElement()
                .extracting(Explainer.NodeVerdict::reason)
                .isEqualTo("nvidia.com/nouse-gputype has 3145728 characters, but may have at most 16384");
    }
}
