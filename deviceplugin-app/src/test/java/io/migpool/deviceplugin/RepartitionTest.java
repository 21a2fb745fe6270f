package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.simulated.MachineSnapshot;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One half of a GPU is cut again and again while somebody computes on the other. */
class RepartitionTest {

    private static final int REPARTITIONS = 1000;
    private static final long PID = 4711;
    private static final long PAUSE_NANOS = 100_000;

    @TempDir
    Path directory;

    @Test
    void aWorkloadNoticesNothingOfAThousandRepartitionsBesideIt() throws Exception {
        try (AgentRig rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB")) {
            String gpu = rig.gpu(0);
            rig.cluster.add(ReservedPod.named("workload")
                    .app("main", slice(gpu, "3g.40gb", 4, 4))
                    .build());
            String uuid = rig.start("uid-workload", "main", "mp-006").getFirst();
            rig.machine.startProcess(uuid, PID, 1024);
            try (Workload workload = new Workload(rig.machine)) {
                List<List<Slice>> layouts = List.of(
                        List.of(slice(gpu, "3g.40gb", 0, 4)),
                        List.of(slice(gpu, "2g.20gb", 0, 2), slice(gpu, "2g.20gb", 2, 2)),
                        List.of(slice(gpu, "1g.10gb", 0, 1), slice(gpu, "1g.20gb", 2, 2)));

                for (int i = 0; i < REPARTITIONS; i++) {
                    cut(rig, "beside-" + i, layouts.get(i % layouts.size()));
                }

                assertThat(workload.disturbance()).isEmpty();
            }
            assertThat(rig.restart("mp-006")).containsExactly(uuid);
        }
    }

    private static void cut(AgentRig rig, String pod, List<Slice> layout) throws Exception {
        rig.cluster.add(
                ReservedPod.named(pod).app("main", layout.toArray(Slice[]::new)).build());
        String[] slots = layout.size() == 1 ? new String[] {"mp-000"} : new String[] {"mp-000", "mp-001"};
        rig.start("uid-" + pod, "main", slots);
        assertThat(rig.cutFor("mp-000"))
                .isEqualTo(layout.stream()
                        .map(slice -> slice.profile() + " at " + slice.placement())
                        .toList());
        rig.cluster.delete("uid-" + pod);
        rig.kubelet.forget("uid-" + pod);
    }

    /** Looks all the time whether its instance and its process are what they were. */
    private static final class Workload implements AutoCloseable {

        private final SimulatedMachine machine;
        private final GpuInstance own;
        private final AtomicBoolean ended = new AtomicBoolean();
        private final AtomicReference<Optional<String>> disturbance = new AtomicReference<>(Optional.empty());
        private final Thread thread;

        Workload(SimulatedMachine machine) throws GpuException {
            this.machine = machine;
            this.own = gpu().instances().getFirst();
            this.thread = Thread.ofPlatform().start(this::compute);
        }

        private MachineSnapshot.Gpu gpu() throws GpuException {
            return machine.snapshot().gpus().getFirst();
        }

        private void compute() {
            while (!ended.get() && disturbance.get().isEmpty()) {
                try {
                    MachineSnapshot.Gpu now = gpu();
                    boolean undisturbed = now.instances().contains(own)
                            && now.processes().stream().anyMatch(process -> process.pid() == PID && process.uses(own));
                    if (!undisturbed) {
                        disturbance.set(Optional.of("the GPU holds " + now));
                    }
                    LockSupport.parkNanos(PAUSE_NANOS);
                } catch (GpuException e) {
                    disturbance.set(Optional.of(e.toString()));
                }
            }
        }

        Optional<String> disturbance() {
            return disturbance.get();
        }

        @Override
        public void close() throws InterruptedException {
            ended.set(true);
            thread.join();
        }
    }
}
