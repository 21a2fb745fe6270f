package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.cluster.NodeLabels;
import io.migpool.deviceplugin.migmanager.MigConfigLabels.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Labels of a Node whose watch is behind. */
class KnownLabelsTest {

    private static final String DCGM = "nvidia.com/gpu.deploy.dcgm";

    private final Map<String, String> watched = new TreeMap<>(Map.of(DCGM, "true"));
    private final List<Map<String, String>> writes = new ArrayList<>();
    private final KnownLabels labels = new KnownLabels(new NodeLabels() {
        @Override
        public Optional<Map<String, String>> current() {
            return Optional.of(Map.copyOf(watched));
        }

        @Override
        public void patch(Map<String, String> changes, Set<String> removed) {
            writes.add(Map.copyOf(changes));
        }
    });

    @Test
    void whatTheWatchDoesNotShowYetIsKnownAndTakenBack() throws UnreachableException {
        labels.look();
        labels.pauseClients(State.PENDING);

        labels.look();
        assertThat(labels.pausedClients()).containsExactly("dcgm");
        assertThat(labels.sayUnderWay()).isTrue();
        labels.restoreClients(Optional.of(State.SUCCESS));
        labels.look();

        assertThat(writes)
                .containsExactly(
                        Map.of(DCGM, "paused-for-mig-change", MigConfigLabels.STATE, "pending"),
                        Map.of(DCGM, "true", MigConfigLabels.STATE, "success"));
        assertThat(labels.pausedClients()).isEmpty();
    }

    @Test
    void whatSomebodyElseWritesCountsOnceItIsSeen() throws UnreachableException {
        labels.look();
        labels.pauseClients(State.PENDING);
        watched.putAll(Map.of(DCGM, "paused-for-mig-change", MigConfigLabels.STATE, "pending"));
        labels.look();

        watched.put(DCGM, "true");
        labels.look();
        assertThat(labels.pausedClients()).isEmpty();
        watched.put(DCGM, "false");
        labels.look();
        labels.restoreClients(Optional.of(State.SUCCESS));

        assertThat(writes.getLast()).isEqualTo(Map.of(MigConfigLabels.STATE, "success"));
    }
}
