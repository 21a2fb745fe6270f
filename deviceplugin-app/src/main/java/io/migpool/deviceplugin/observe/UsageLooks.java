package io.migpool.deviceplugin.observe;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.sharing.SharedRegions;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Reads the usage at regular intervals, on a thread of its own. */
public final class UsageLooks implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(UsageLooks.class.getName());

    private final GpuDriver driver;
    private final InstancePool pool;
    private final SharedRegions regions;
    private final Consumer<NodeUsage> shown;
    private final Loop loop;

    /** @param shown receives the usage, on this thread */
    public UsageLooks(
            GpuDriver driver, InstancePool pool, SharedRegions regions, Consumer<NodeUsage> shown, Duration interval) {
        this.driver = driver;
        this.pool = pool;
        this.regions = regions;
        this.shown = shown;
        this.loop = Loop.ofDriverCalls("usage", interval, this::look);
    }

    /** Reads immediately, and then at the interval. */
    public void start() {
        loop.start();
    }

    private Loop.Next look() {
        try {
            List<GpuDescription> gpus = driver.gpus();
            List<MigInstance> before = pool.instances();
            Map<String, NodeUsage.Answer> answers = answers(gpus);
            // Meanwhile the driver may have given the ids of an instance to that of another pod.
            List<MigInstance> lasting =
                    pool.instances().stream().filter(before::contains).toList();
            shown.accept(NodeUsage.of(gpus, answers, lasting, pool.claims(), regions::read));
        } catch (GpuException e) {
            LOG.log(Level.WARNING, "cannot report usage: {0}", e.getMessage());
        }
        return Loop.Next.AFTER_PAUSE;
    }

    private Map<String, NodeUsage.Answer> answers(List<GpuDescription> gpus) {
        Map<String, NodeUsage.Answer> answers = new HashMap<>();
        for (GpuDescription gpu : gpus) {
            try {
                answers.put(gpu.uuid(), new NodeUsage.Answer(driver.usage(gpu.uuid()), driver.processes(gpu.uuid())));
            } catch (GpuException e) {
                LOG.log(Level.DEBUG, "cannot read the usage of a GPU", e);
            }
        }
        return answers;
    }

    @Override
    public void close() {
        loop.close();
    }
}
