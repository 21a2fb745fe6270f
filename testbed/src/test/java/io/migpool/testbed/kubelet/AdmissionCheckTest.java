package io.migpool.testbed.kubelet;

import static io.migpool.testbed.TestApi.container;
import static io.migpool.testbed.TestApi.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AdmissionCheckTest {

    private static final Map<String, Quantity> CAPACITY =
            Map.of("cpu", new Quantity("4"), "memory", new Quantity("8Gi"), "pods", new Quantity("2"));

    @Test
    void aPodBeyondTheNumberOfPodsIsRefusedWhateverItRequests() {
        assertThat(room(asking("a", Map.of()), asking("b", Map.of())).noRoom(asking("c", Map.of())))
                .contains(new Refusal(
                        "OutOfpods", "Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2"));
    }

    @Test
    void whatOthersRequestIsNotLeft() {
        assertThat(room(asking("a", Map.of("cpu", "2500m"))).noRoom(asking("b", Map.of("cpu", "1501m"))))
                .contains(new Refusal(
                        "OutOfcpu",
                        "Node didn't have enough resource: cpu, requested: 1501, used: 2500, capacity: 4000"));
        assertThat(room(asking("a", Map.of("cpu", "2500m"))).noRoom(asking("b", Map.of("cpu", "1500m"))))
                .isEmpty();
    }

    @Test
    void theFirstShortageIsTheReason() {
        assertThat(room().noRoom(asking("a", Map.of("memory", "9Gi", "cpu", "5")))
                        .map(Refusal::reason))
                .contains("OutOfcpu");
        assertThat(room().noRoom(asking("a", Map.of("memory", "9Gi"))))
                .contains(
                        new Refusal(
                                "OutOfmemory",
                                "Node didn't have enough resource: memory, requested: 9663676416, used: 0, capacity: 8589934592"));
    }

    @Test
    void aPodIsNotItsOwnRival() {
        Pod pod = asking("a", Map.of("cpu", "3"));

        assertThat(room(pod).noRoom(pod)).isEmpty();
    }

    @Test
    void anInitContainerCountsOnlyAsFarAsItNeedsMore() {
        Pod pod = asking("a", Map.of("cpu", "1"))
                .edit()
                .editSpec()
                .withInitContainers(container("init", Map.of("cpu", "4")).build())
                .endSpec()
                .build();

        assertThat(room().noRoom(pod)).isEmpty();
        assertThat(room(asking("b", Map.of("cpu", "1"))).noRoom(pod).map(Refusal::reason))
                .contains("OutOfcpu");
    }

    @Test
    void whatNobodyMeasuresIsNotChecked() {
        assertThat(room().noRoom(asking("a", Map.of("ephemeral-storage", "1Ti", "nvidia.com/gpu", "9"))))
                .isEmpty();
    }

    private static AdmissionCheck room(Pod... admitted) {
        return new AdmissionCheck(CAPACITY, () -> List.of(admitted), () -> {
            throw new AssertionError("a pod that takes any node needs no look at it");
        });
    }

    private static Pod asking(String name, Map<String, String> limits) {
        return pod(name, limits).editMetadata().withUid(name).endMetadata().build();
    }
}
