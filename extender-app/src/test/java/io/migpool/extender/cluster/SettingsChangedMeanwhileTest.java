package io.migpool.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.migpool.config.DeviceSettings;
import io.migpool.extender.KubernetesObjects;
import org.junit.jupiter.api.Test;

/** Settings that are put in force while a pod is being read. */
class SettingsChangedMeanwhileTest {

    @Test
    void aSlowReadingUnderFormerSettingsDoesNotReplaceTheLatest() throws Exception {
        ClusterState state = new ClusterState(DeviceSettings.parse("nvidia: {defaultGPUNum: 0}"));
        Pod pod = KubernetesObjects.pod("p", "gpumem", "8000");
        Thread settings = new Thread(() -> {
            state.settingsChanged(DeviceSettings.DEFAULT);
            state.podChanged(pod);
        });

        state.podChanged(new SlowlyRead(pod, () -> {
            settings.start();
            await().until(() ->
                    settings.getState() == Thread.State.WAITING || settings.getState() == Thread.State.TERMINATED);
        }));
        settings.join();

        assertThat(state.pod("uid-p")).isPresent();
    }

    /** A pod during whose reading something happens, once. */
    private static final class SlowlyRead extends Pod {

        private Runnable meanwhile;

        SlowlyRead(Pod pod, Runnable meanwhile) {
            super(pod.getApiVersion(), pod.getKind(), pod.getMetadata(), pod.getSpec(), pod.getStatus());
            this.meanwhile = meanwhile;
        }

        @Override
        public PodSpec getSpec() {
            PodSpec spec = super.getSpec();
            Runnable once = meanwhile;
            meanwhile = () -> {};
            once.run();
            return spec;
        }
    }
}
