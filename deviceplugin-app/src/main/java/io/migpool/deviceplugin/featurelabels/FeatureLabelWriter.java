package io.migpool.deviceplugin.featurelabels;

import io.migpool.config.MigStrategy;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.NodeLabels;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Keeps the Node's {@link FeatureLabels} in line with the GPUs that follow the label: writes labels that differ and
 * removes those that no longer hold. A GPU that cannot be read keeps its description; until it has been read once,
 * nothing is written. While no GPU follows the label, only labels that this object wrote are removed: others may
 * describe GPUs of the pool. Used by one thread.
 */
public final class FeatureLabelWriter {

    private static final System.Logger LOG = System.getLogger(FeatureLabelWriter.class.getName());

    private final NodeLabels node;
    private final GpuDriver driver;
    private final Predicate<GpuDescription> described;
    private final Supplier<MigStrategy> strategy;
    private final Path productName;
    private final InstantSource wall;
    private boolean wrote;
    /** Each GPU as last read, by UUID. */
    private Map<String, DescribedGpu> read = Map.of();

    /**
     * @param described selects the GPUs that the labels describe
     * @param strategy the MIG strategy, read on every look
     * @param productName the file with the firmware's name for the machine
     */
    public FeatureLabelWriter(
            NodeLabels node,
            GpuDriver driver,
            Predicate<GpuDescription> described,
            Supplier<MigStrategy> strategy,
            Path productName,
            InstantSource wall) {
        this.node = node;
        this.driver = driver;
        this.described = described;
        this.strategy = strategy;
        this.productName = productName;
        this.wall = wall;
    }

    /** Brings the labels up to date; returns false if that has to be retried. Blocks for driver calls and a write. */
    public boolean write() {
        Optional<Map<String, String>> present = node.current();
        if (present.isEmpty()) {
            return false;
        }
        try {
            bring(
                    present.get(),
                    FeatureLabels.of(described(), strategy.get(), DescribedHost.read(driver, productName)));
            return true;
        } catch (GpuException | ClusterException e) {
            LOG.log(Level.WARNING, "the GPU labels are out of date; retrying: {0}", e.getMessage());
            return false;
        }
    }

    /**
     * Returns the GPUs to describe, by index.
     *
     * @throws GpuException if a GPU that earlier labels may describe has never been read
     */
    private List<DescribedGpu> described() throws GpuException {
        Map<String, DescribedGpu> gpus = new LinkedHashMap<>();
        Optional<GpuException> neverRead = Optional.empty();
        for (GpuDescription board : driver.gpus()) {
            if (described.test(board)) {
                try {
                    gpus.put(board.uuid(), DescribedGpu.read(driver, board));
                } catch (GpuException e) {
                    DescribedGpu before = read.get(board.uuid());
                    if (before == null) {
                        neverRead = Optional.of(e);
                    } else {
                        LOG.log(Level.WARNING, "GPU labels show the GPU as it was last read: {0}", e.getMessage());
                        gpus.put(board.uuid(), before);
                    }
                }
            }
        }
        read = gpus;
        if (neverRead.isPresent()) {
            throw neverRead.get();
        }
        return List.copyOf(gpus.values());
    }

    private void bring(Map<String, String> present, SortedMap<String, String> wanted) throws ClusterException {
        if (wanted.isEmpty() && !wrote) {
            return;
        }
        Map<String, String> changed = new TreeMap<>(wanted);
        changed.entrySet().removeAll(present.entrySet());
        Set<String> vanished = new TreeSet<>(present.keySet());
        vanished.removeIf(label -> !FeatureLabels.owns(label)
                || wanted.containsKey(label)
                || (label.equals(FeatureLabels.TIMESTAMP) && !wanted.isEmpty()));
        if (!changed.isEmpty() || !vanished.isEmpty()) {
            if (!wanted.isEmpty()) {
                changed.put(
                        FeatureLabels.TIMESTAMP, Long.toString(wall.instant().getEpochSecond()));
            }
            node.patch(changed, vanished);
        }
        wrote = !wanted.isEmpty();
    }
}
