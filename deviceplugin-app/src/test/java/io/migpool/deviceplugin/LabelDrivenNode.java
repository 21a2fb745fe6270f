package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.config.NodeSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A node of two GPUs that may follow its label, and words for what tests do with it. */
abstract class LabelDrivenNode {

    static final String CONFIG = "nvidia.com/mig.config";
    static final String STATE = "nvidia.com/mig.config.state";
    static final String SECOND = "{\"index\": [1]}";
    static final String NEITHER = "{\"index\": []}";
    static final Duration LONGEST = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    AgentRig rig;

    private final String board;

    LabelDrivenNode(String board) {
        this.board = board;
    }

    @BeforeEach
    void startNode() throws Exception {
        rig = AgentRig.started(directory, board + ":2");
        rig.kubelet.servePodResources(directory.resolve("pr.sock"));
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    /** Which GPUs follow the label, as {@code config.json} says it of a node. */
    void configure(String labelDriven, String strategy) throws Exception {
        configure(labelDriven, strategy, NEITHER);
    }

    /** The same beside GPUs that configuration filters. */
    void configure(String labelDriven, String strategy, String filtered) throws Exception {
        rig.nodes.change(NodeSettings.parse("""
                {"nodeconfig": [{"name": "node-a", "operatingmode": "mig", "labeldriven": %s, "migstrategy": "%s",
                  "filterdevices": %s}]}
                """.formatted(labelDriven, strategy, filtered)));
    }

    void label(String config) {
        rig.cluster.labelNode(Map.of(CONFIG, config));
    }

    /** Returns the UUID of the first MIG device that a GPU has. */
    String firstDevice(int gpu) throws Exception {
        return rig.machine
                .snapshot()
                .gpus()
                .get(gpu)
                .instances()
                .getFirst()
                .computeInstances()
                .getFirst()
                .migUuid();
    }

    void follow(String config) {
        label(config);
        awaitTold("MigConfigApplied", config);
        awaitState("success");
    }

    void awaitState(String state) {
        await("state " + state).atMost(LONGEST).untilAsserted(() -> assertThat(rig.cluster.nodeLabels())
                .containsEntry(STATE, state));
    }

    /** An Event is told whose text has all these words. */
    void awaitTold(String... words) {
        await("it is told: " + String.join(", ", words)).atMost(LONGEST).untilAsserted(() -> assertThat(
                        rig.cluster.told())
                .anySatisfy(note -> assertThat(note).contains(words)));
    }
}
