package io.migpool.deviceplugin.observe;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.AgentRig;
import io.migpool.deviceplugin.ForwardingDriver;
import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuUsage;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.sharing.SharedRegions;
import io.migpool.deviceplugin.sharing.SharingDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looks at what is used while pods come and go. */
class UsageLooksTest {

    @TempDir
    Path directory;

    @Test
    void aPodIsNotShownWithTheMemoryOfItsPredecessor() throws Exception {
        try (AgentRig node = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB")) {
            add(node, "first");
            String mig = node.start("uid-first", "main", "mp-000").getFirst();
            node.machine.startProcess(mig, 42, 3000);
            CompletableFuture<NodeUsage> shown = new CompletableFuture<>();
            try (GpuDriver driver = new Overtaken(node.machine.openDriver(), () -> replace(node));
                    UsageLooks looks = looks(driver, node, shown)) {
                looks.start();

                await().until(shown::isDone);
            }

            assertThat(node.visible("mp-001")).as("the instance is the same").containsExactly(mig);
            assertThat(shown.join().gpus()).hasSize(1);
            assertThat(shown.join().instances()).isEmpty();
            assertThat(shown.join().containers()).isEmpty();
        }
    }

    @Test
    void aLookThatFailsUnexpectedlyIsRepeatedSoon() throws Exception {
        try (AgentRig node = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB")) {
            AtomicInteger asked = new AtomicInteger();
            CompletableFuture<NodeUsage> shown = new CompletableFuture<>();
            Runnable failingOnce = () -> {
                if (asked.getAndIncrement() == 0) {
                    throw new NoClassDefFoundError("usage");
                }
            };
            try (GpuDriver driver = new Overtaken(node.machine.openDriver(), failingOnce);
                    UsageLooks looks = looks(driver, node, shown)) {
                looks.start();

                await().until(shown::isDone);
            }
            assertThat(shown.join().gpus()).hasSize(1);
        }
    }

    private static void add(AgentRig node, String pod) throws GpuException {
        node.cluster.add(ReservedPod.named(pod)
                .app("main", slice(node.gpu(0), "2g.20gb", 2, 2))
                .build());
    }

    /** Looks once, unless it fails. */
    private UsageLooks looks(GpuDriver driver, AgentRig node, CompletableFuture<NodeUsage> shown) {
        return new UsageLooks(
                driver,
                node.pool(),
                new SharedRegions(SharingDirectories.under(directory.resolve("hook"))),
                shown::complete,
                Duration.ofHours(1));
    }

    private static void replace(AgentRig node) {
        try {
            node.machine.endProcess(42);
            node.cluster.delete("uid-first");
            await().until(() ->
                    node.pool().instances().stream().allMatch(instance -> instance.state() == InstanceState.IDLE));
            add(node, "second");
            node.start("uid-second", "main", "mp-001");
        } catch (GpuException | IOException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }

    /** Answers, and something happens before its answer is used. */
    private static final class Overtaken extends ForwardingDriver {

        private final Runnable meanwhile;

        Overtaken(GpuDriver whole, Runnable meanwhile) {
            super(whole);
            this.meanwhile = meanwhile;
        }

        @Override
        public GpuUsage usage(String gpuUuid) throws GpuException {
            GpuUsage usage = super.usage(gpuUuid);
            meanwhile.run();
            return usage;
        }
    }
}
