package io.migpool.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.policy.GpuPolicy;
import io.migpool.contracts.policy.NodePolicy;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.KubernetesObjects;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Policies that namespaces set for their pods. */
class NamespacePoliciesTest {

    private final ClusterState state = new ClusterState(DeviceSettings.DEFAULT);

    @Test
    void aNamespacesPoliciesAreThoseOfItsPodsThatSayNothing() {
        state.namespaceChanged(namespace("default", "spread", "binpack"));

        PolicyChoice silent = policiesOf(KubernetesObjects.pod("p", "gpu", "1"));
        assertThat(silent.gpu()).containsExactly(GpuPolicy.SPREAD);
        assertThat(silent.node()).contains(NodePolicy.BINPACK);

        Pod own = KubernetesObjects.annotated(
                KubernetesObjects.pod("p", "gpu", "1"), Annotations.GPU_SCHEDULER_POLICY, "mutex");
        assertThat(policiesOf(own).gpu()).containsExactly(GpuPolicy.MUTEX);
        assertThat(policiesOf(own).node()).contains(NodePolicy.BINPACK);

        state.namespaceGone(namespace("default", "spread", "binpack"));
        assertThat(policiesOf(KubernetesObjects.pod("p", "gpu", "1"))).isEqualTo(PolicyChoice.NONE);
    }

    @Test
    void aListThatIsTooLongConcernsPodsThatSayNothing() {
        state.namespaceChanged(namespace("default", "mutex,".repeat(3000), "binpack"));

        PolicyChoice silent = policiesOf(KubernetesObjects.pod("p", "gpu", "1"));
        assertThat(silent.misunderstood())
                .hasValue("hami.io/gpu-scheduler-policy has 18000 characters, but may have at most 16384");

        Pod own = KubernetesObjects.annotated(
                KubernetesObjects.pod("p", "gpu", "1"), Annotations.GPU_SCHEDULER_POLICY, "mutex");
        assertThat(policiesOf(own).misunderstood()).isEmpty();
    }

    @Test
    void listenersAreNotifiedWhenANamespacesPoliciesChangeAndOnlyThen() {
        List<String> told = new ArrayList<>();
        state.onPolicies(() -> told.add("told"));
        state.namespaceChanged(namespace("other", "", ""));
        assertThat(told).isEmpty();
        state.namespaceChanged(namespace("default", "spread", ""));
        state.namespaceChanged(namespace("default", "spread", ""));
        assertThat(told).hasSize(1);
    }

    @Test
    void aPodReadAgainUnderOtherPoliciesIsAChangeOfTheCluster() {
        state.namespaceChanged(namespace("default", "mutex", ""));
        Pod pod = KubernetesObjects.pod("p", "gpu", "1");
        state.podChanged(pod);
        state.namespaceChanged(namespace("default", "spread", ""));
        long before = state.version();
        state.podChanged(pod);
        assertThat(state.version()).isGreaterThan(before);
    }

    private PolicyChoice policiesOf(Pod pod) {
        RequestOutcome.Accepted accepted = (RequestOutcome.Accepted) state.requestOf(pod);
        return state.demandOf(pod, accepted.request()).policies();
    }

    private static Namespace namespace(String name, String gpuPolicy, String nodePolicy) {
        return new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToAnnotations(Annotations.GPU_SCHEDULER_POLICY, gpuPolicy)
                .addToAnnotations(Annotations.NODE_SCHEDULER_POLICY, nodePolicy)
                .endMetadata()
                .build();
    }
}
