package io.migpool.deviceplugin.node;

import io.migpool.contracts.wire.LinkScores;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuLink;
import io.migpool.deviceplugin.gpu.PciePath;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The link scores of the node's GPUs, computed as in HAMi ({@code calculate_score.go}), for placing pods with several
 * GPUs. Links are part of the machine, so they are read rarely.
 */
final class NodeLinks {

    private static final System.Logger LOG = System.getLogger(NodeLinks.class.getName());
    private static final Duration REREAD = Duration.ofMinutes(10);
    private static final Duration RETRY = Duration.ofSeconds(30);
    private static final int PER_NVLINK = 100;

    private final GpuDriver driver;
    private final InstantSource clock;
    private volatile LinkScores scores = LinkScores.NONE;
    /** Used on the reading thread only, like the next field. */
    private Instant next = Instant.MIN;

    private Set<String> present = Set.of();

    NodeLinks(GpuDriver driver, InstantSource clock) {
        this.driver = driver;
        this.clock = clock;
    }

    /**
     * Reads them if due. Blocks on driver calls; called from one thread.
     *
     * @param gpus the UUIDs of the node's GPUs; when they have changed, the links are read at once
     * @return whether other links were found
     */
    boolean look(Set<String> gpus) {
        if (gpus.equals(present) && clock.instant().isBefore(next)) {
            return false;
        }
        LinkScores before = scores;
        present = Set.copyOf(gpus);
        try {
            Map<String, Map<String, Integer>> read = new HashMap<>();
            for (GpuLink link : driver.links()) {
                int score = score(link.path()) + PER_NVLINK * link.nvLinks();
                read.computeIfAbsent(link.gpuUuid(), _ -> new HashMap<>()).put(link.peerUuid(), score);
                read.computeIfAbsent(link.peerUuid(), _ -> new HashMap<>()).put(link.gpuUuid(), score);
            }
            scores = new LinkScores(read);
            next = clock.instant().plus(REREAD);
        } catch (GpuException e) {
            LOG.log(Level.WARNING, "cannot read how the GPUs are linked; retrying: {0}", e.getMessage());
            next = clock.instant().plus(RETRY);
        }
        return !scores.equals(before);
    }

    private static int score(PciePath path) {
        return switch (path) {
            case CROSS_CPU -> 10;
            case SAME_CPU -> 20;
            case HOST_BRIDGE -> 30;
            case MULTIPLE_SWITCHES -> 40;
            case SINGLE_SWITCH -> 50;
            case SAME_BOARD -> 60;
            case UNKNOWN -> 0;
        };
    }

    /** Returns the scores among these GPUs, as read last. */
    LinkScores among(Set<String> gpus) {
        Map<String, Map<String, Integer>> among = new HashMap<>();
        scores.byGpu().forEach((gpu, peers) -> {
            Map<String, Integer> offered = new HashMap<>(peers);
            offered.keySet().retainAll(gpus);
            if (gpus.contains(gpu) && !offered.isEmpty()) {
                among.put(gpu, offered);
            }
        });
        return new LinkScores(among);
    }
}
