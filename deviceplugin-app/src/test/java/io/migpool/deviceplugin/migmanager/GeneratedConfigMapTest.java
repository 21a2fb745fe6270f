package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.ConfigMaps;
import io.migpool.deviceplugin.geometry.spec.MigSpec;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What people see of the configurations of a node. */
class GeneratedConfigMapTest {

    private final List<Map<String, String>> labels = new ArrayList<>();
    private Instant now = Instant.EPOCH;
    private boolean reachable = true;
    private MigSpec spec = new MigSpec(Map.of("all-disabled", List.of(MigSpecEntry.disabled())));
    private final GeneratedConfigMap published =
            new GeneratedConfigMap(new Recorded(), () -> spec, "kube-system", "node-a", () -> now);

    private final class Recorded implements ConfigMaps {
        @Override
        public Watched watch(String namespace, String name, Runnable onChange) {
            throw new AssertionError("the agent may not read it");
        }

        @Override
        public void publish(String namespace, String name, Map<String, String> set, Map<String, String> data)
                throws ClusterException {
            if (!reachable) {
                throw new ClusterException(ClusterException.Code.UNAVAILABLE, "nobody answers");
            }
            assertThat(name).isEqualTo("node-a-mig-config");
            labels.add(set);
        }
    }

    @Test
    void whatSomebodyDeletedComesBack() {
        published.publish();
        published.publish();
        assertThat(labels).hasSize(1);

        now = now.plus(Duration.ofMinutes(5));
        published.publish();
        published.publish();

        assertThat(labels).hasSize(2);
    }

    @Test
    void whatHasChangedIsPublishedAtOnceAndWhatDidNotSucceedAgain() {
        published.publish();
        spec = new MigSpec(Map.of("all-enabled", List.of(MigSpecEntry.everywhere(Map.of()))));
        reachable = false;
        published.publish();
        assertThat(labels).hasSize(1);

        reachable = true;
        published.publish();
        published.publish();

        assertThat(labels).hasSize(2);
    }

    @Test
    void itIsFoundByNvidiasLabels() {
        published.publish();

        assertThat(labels)
                .containsExactly(
                        Map.of("app.kubernetes.io/component", "nvidia-mig-manager", "nvidia.com/node-name", "node-a"));
    }
}
