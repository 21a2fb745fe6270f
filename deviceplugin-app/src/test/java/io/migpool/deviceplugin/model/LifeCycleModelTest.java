package io.migpool.deviceplugin.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuException;
import java.nio.file.Path;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Long random histories of a node, on one thread and a clock of their own: pods come, start again, end and are torn
 * away; two are bound to one place; what was torn away runs on for a while; driver calls fail, stall, lose their answer
 * or kill the agent between any two steps; the ownership file lags behind; the API server is slow and goes away before
 * or after a call takes effect, its watch lags, and others change pods meanwhile; strangers cut instances where pods
 * were to be; GPUs are lost and the machine boots again. Whatever happens: a pod that runs keeps its instances and is
 * neither moved nor evicted, a container sees just what its pod's annotations say and finds nobody there, nothing that
 * anybody else may be using is even tried to be destroyed, no two pods have one place, and when all is over nothing of
 * ours is left.
 *
 * <p>{@code -Dmigpool.model.operations=1000000} makes it longer, {@code -Dmigpool.model.seed=7} repeats one history.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LifeCycleModelTest {

    private static final int OPERATIONS = Integer.getInteger("migpool.model.operations", 200_000);
    private static final int HISTORIES = 50;

    private final Tally tally = new Tally();
    private final Logger ofTheAgent = Logger.getLogger("io.migpool.deviceplugin");

    /** All that trouble told would be two hundred megabytes; who repeats one history wants to read it. */
    @BeforeAll
    void hush() {
        if (Long.getLong("migpool.model.seed") == null) {
            ofTheAgent.setLevel(Level.OFF);
        }
    }

    @AfterAll
    void speakAgain() {
        ofTheAgent.setLevel(null);
    }

    static LongStream seeds() {
        Long one = Long.getLong("migpool.model.seed");
        return one == null ? LongStream.rangeClosed(1, HISTORIES) : LongStream.of(one);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatRunsIsNeverDisturbedAndNothingIsLeftOver(long seed, @TempDir Path directory) throws GpuException {
        try (NodeModel node = new NodeModel(new Random(seed), directory, tally)) {
            String step = "start";
            try {
                for (int i = 0; i < OPERATIONS / HISTORIES; i++) {
                    step = i + ": " + node.step();
                    node.check();
                }
                step = "the end";
                node.settle();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "seed %d, after step %s: %s; before it %s"
                                .formatted(seed, step, e.getMessage(), String.join("\n", node.history())),
                        e);
            }
            assertThat(node.leftOver()).as("left over after seed %d", seed).isEmpty();
        }
    }

    @AfterAll
    void everyKindOfTroubleWasMet() {
        if (Long.getLong("migpool.model.seed") == null) {
            tally.requireAllKinds();
        }
    }
}
