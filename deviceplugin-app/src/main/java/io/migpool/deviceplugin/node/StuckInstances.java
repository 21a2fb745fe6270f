package io.migpool.deviceplugin.node;

import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.Slice;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.Collectors;

/** Reports each instance that the driver refuses to destroy once, with its possible holders. Used from one thread. */
final class StuckInstances {

    private static final System.Logger LOG = System.getLogger(StuckInstances.class.getName());

    private final GpuDriver driver;
    private final InstancePool pool;
    private final Events events;
    private final LongFunction<String> commands;
    private final Set<Slice> told = new HashSet<>();

    /** @param commands returns the command of a process, empty if it cannot be seen */
    StuckInstances(GpuDriver driver, InstancePool pool, Events events, LongFunction<String> commands) {
        this.driver = driver;
        this.pool = pool;
        this.events = events;
        this.commands = commands;
    }

    /** Returns the command of a process of this machine; empty for those in other process namespaces. */
    static String commandOf(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .orElse("");
    }

    /** Reports new ones. */
    void look() {
        List<Slice> stuck = pool.instances().stream()
                .filter(instance -> instance.state() == InstanceState.STUCK)
                .map(MigInstance::slice)
                .toList();
        // During the next attempt to destroy it, it is in another state; it is reported again only if it was gone in
        // between.
        told.retainAll(pool.instances().stream().map(MigInstance::slice).collect(Collectors.toSet()));
        // A GPU that hangs is waited for once.
        Map<String, String> holders = new HashMap<>();
        for (Slice slice : stuck) {
            if (told.add(slice)) {
                events.warnNode(
                        "InstanceStuck",
                        "%s cannot be destroyed and its placement counts as taken; %s. Retrying at most every 10 minutes"
                                .formatted(slice, holders.computeIfAbsent(slice.gpuUuid(), this::holders)));
            }
        }
    }

    private String holders(String gpuUuid) {
        String advice =
                "end what holds the GPU without computing on it, such as dcgm-exporter, nvidia-dcgm or nvidia-smi daemon";
        try {
            String seen = driver.processes(gpuUuid).stream()
                    .filter(process -> process.gpuInstanceId() == GpuProcess.NO_INSTANCE)
                    .map(process -> "%d %s"
                            .formatted(process.pid(), commands.apply(process.pid()))
                            .strip())
                    .collect(Collectors.joining(", "));
            return seen.isEmpty() ? advice : "process " + seen + " uses the GPU as a whole and may hold it";
        } catch (GpuException e) {
            LOG.log(Level.DEBUG, "the processes of " + gpuUuid + " cannot be read", e);
            return advice;
        }
    }
}
