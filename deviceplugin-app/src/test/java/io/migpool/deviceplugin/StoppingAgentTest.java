package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent that is stopped while pods come and go: nothing of that is a failure. */
class StoppingAgentTest {

    @TempDir
    Path directory;

    @Test
    void noStackTraceIsPrintedWhenPodsComeAndGoMeanwhile() throws Exception {
        List<LogRecord> failures = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                if (line.getThrown() != null && line.getLevel().intValue() >= Level.WARNING.intValue()) {
                    failures.add(line);
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("io.migpool.deviceplugin");
        logger.addHandler(handler);
        try (AgentRig rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB")) {
            for (int i = 0; i < 4; i++) {
                rig.cluster.add(ReservedPod.named("pod-" + i)
                        .app("main", slice(rig.gpu(0), "1g.10gb", i, 1))
                        .build());
            }
            rig.start("uid-pod-0", "main", "mp-000");
            rig.machine.inject(rig.gpu(0), SimulatedFault.stallNext("createGpuInstance", 1000));
            List<CompletableFuture<List<String>>> starts = new ArrayList<>();
            for (int i = 1; i < 4; i++) {
                String uid = "uid-pod-" + i;
                String slot = "mp-00" + i;
                starts.add(CompletableFuture.supplyAsync(() -> start(rig, uid, slot)));
            }
            // On a slow machine all of them may be over before anybody has looked.
            await().until(() -> rig.pool().queued().values().stream().anyMatch(queued -> queued > 0)
                    || starts.stream().allMatch(CompletableFuture::isDone));
            rig.cluster.delete("uid-pod-1");

            rig.stopAgent();

            rig.cluster.delete("uid-pod-0");
            assertThat(starts).allSatisfy(start -> assertThat(start.join()).isNotNull());
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(failures).extracting(LogRecord::getMessage).isEmpty();
    }

    /** What the container sees, or that it was refused. */
    private static List<String> start(AgentRig rig, String uid, String slot) {
        try {
            return rig.start(uid, "main", slot);
        } catch (IOException | StatusRuntimeException refused) {
            return List.of(String.valueOf(refused.getMessage()));
        }
    }
}
