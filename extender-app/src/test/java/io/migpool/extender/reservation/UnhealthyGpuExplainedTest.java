package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.GpuConditions;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.reservation.Explainer.GpuVerdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnhealthyGpuExplainedTest {

    private final Scheduling scheduling = new Scheduling();
    private final Explainer explainer = new Explainer(scheduling.context);
    private final Pod pod = KubernetesObjects.pod("planned", "gpu", "1", "gpumem", "8000");

    private List<GpuVerdict> verdicts() {
        return explainer.explain(pod).nodes().getFirst().gpus();
    }

    private static Node sickNode() {
        return KubernetesObjects.node("node-a", Boards.unhealthy(Boards.a10080("GPU-a", 0)));
    }

    @Test
    void whatTheNodeSaysAboutAnUnhealthyGpuIsPassedOn() {
        String told = GpuConditions.encode(
                List.of(new GpuConditions.Condition("GPU-a", 0, "GpuUnhealthy", "the driver reported Xid 79")));
        scheduling.cluster.nodeChanged(KubernetesObjects.annotated(sickNode(), Annotations.NODE_GPU_CONDITIONS, told));

        assertThat(verdicts())
                .containsExactly(new GpuVerdict("GPU-a", "UNHEALTHY", "GPU is unhealthy: the driver reported Xid 79"));
    }

    @Test
    void whereTheNodeSaysNothingThatCanBeReadTheGpuIsJustUnhealthy() {
        scheduling.cluster.nodeChanged(KubernetesObjects.annotated(sickNode(), Annotations.NODE_GPU_CONDITIONS, "{"));

        assertThat(verdicts()).containsExactly(new GpuVerdict("GPU-a", "UNHEALTHY", "GPU is unhealthy"));
    }
}
