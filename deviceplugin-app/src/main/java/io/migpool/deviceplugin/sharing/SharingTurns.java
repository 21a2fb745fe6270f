package io.migpool.deviceplugin.sharing;

import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.runtime.time.Loop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Turn-taking on software-shared GPUs. While a container of higher priority launches kernels, those of lower priority
 * on its GPUs wait; and a compute limit applies only while other containers compete, unless the container's
 * {@code GPU_CORE_UTILIZATION_POLICY} says otherwise. Follows HAMi's monitor, {@code cmd/vGPUmonitor/feedback.go},
 * except that the priority is the one that the pod asked for: what the container writes into its region would let any
 * tenant stop its neighbours.
 */
public final class SharingTurns implements AutoCloseable {

    private static final Duration INTERVAL = Duration.ofSeconds(5);

    /**
     * Written with every kernel; every round subtracts one, so this value means that a kernel was launched since the
     * last round.
     */
    private static final int LAUNCHED = 2;

    private static final int WAITS = -1;
    private static final int GOES_ON = 0;
    private static final int LIMITED = 1;
    private static final int UNLIMITED = 0;

    private final SharedRegions regions;
    private final Supplier<? extends Collection<PodClaim>> claims;
    private final Loop loop = Loop.of("sharing-turns", INTERVAL, this::round);

    /** @param claims the claims of this node's pods */
    public SharingTurns(SharedRegions regions, Supplier<? extends Collection<PodClaim>> claims) {
        this.regions = regions;
        this.claims = claims;
    }

    /** A container on shared GPUs. */
    private record Sharer(PodClaim pod, ContainerClaim container) {

        int priority() {
            return container.priority();
        }

        /** Returns the GPUs that it was given, regardless of what it reports. */
        Set<String> gpus() {
            return container.devices().stream()
                    .filter(ClaimedDevice.Shared.class::isInstance)
                    .map(device -> ((ClaimedDevice.Shared) device).gpuUuid())
                    .collect(Collectors.toUnmodifiableSet());
        }
    }

    /** Active containers on each GPU by priority, the highest first. */
    private static final class Activity {

        private final Map<String, NavigableMap<Integer, Integer>> byGpu = new HashMap<>();

        void add(Sharer sharer) {
            sharer.gpus().forEach(gpu -> byGpu.computeIfAbsent(gpu, _ -> new TreeMap<>())
                    .merge(sharer.priority(), 1, Integer::sum));
        }

        boolean outranks(Sharer sharer) {
            return any(sharer, active -> active.firstKey() < sharer.priority());
        }

        boolean competesWith(Sharer sharer) {
            return any(sharer, active -> active.getOrDefault(sharer.priority(), 0) > 1);
        }

        private boolean any(Sharer sharer, Predicate<NavigableMap<Integer, Integer>> condition) {
            return sharer.gpus().stream()
                    .flatMap(gpu -> Stream.ofNullable(byGpu.get(gpu)))
                    .anyMatch(condition);
        }
    }

    public void start() {
        loop.start();
    }

    /** Finds the active containers, then decides which ones wait and which are limited. */
    Loop.Next round() {
        Activity activity = new Activity();
        List<Sharer> readable = new ArrayList<>();
        for (Sharer sharer : sharers()) {
            regions.with(sharer.pod(), sharer.container(), SharingTurns::counted)
                    .ifPresent(turn -> {
                        readable.add(sharer);
                        if (turn.recentKernel() >= LAUNCHED) {
                            activity.add(sharer);
                        }
                    });
        }
        for (Sharer sharer : readable) {
            boolean outranked = activity.outranks(sharer);
            boolean limited = outranked || activity.competesWith(sharer);
            tell(sharer, outranked, limited);
        }
        return Loop.Next.AFTER_PAUSE;
    }

    private List<Sharer> sharers() {
        return claims.get().stream()
                .flatMap(pod -> pod.containers().stream().map(container -> new Sharer(pod, container)))
                .filter(sharer -> !sharer.gpus().isEmpty())
                .toList();
    }

    /** Returns the present state and subtracts one from the count that its kernels write. */
    private static SharedRegion.Turn counted(SharedRegionFile file) throws IOException {
        SharedRegion.Turn turn = file.turn();
        if (turn.recentKernel() > 0) {
            file.setRecentKernel(Math.min(turn.recentKernel(), LAUNCHED) - 1);
        }
        return turn;
    }

    private Optional<SharedRegion.Turn> tell(Sharer sharer, boolean waits, boolean limited) {
        return regions.with(sharer.pod(), sharer.container(), file -> {
            SharedRegion.Turn turn = file.turn();
            if (waits && turn.recentKernel() >= 0) {
                file.setRecentKernel(WAITS);
            } else if (!waits && turn.recentKernel() < 0) {
                file.setRecentKernel(GOES_ON);
            }
            int limit = limited ? LIMITED : UNLIMITED;
            if (turn.utilizationSwitch() != limit) {
                file.setUtilizationSwitch(limit);
            }
            return turn;
        });
    }

    /** Lets all containers continue, because there is no more turn-taking, and applies every limit. */
    @Override
    public void close() {
        loop.close();
        sharers().forEach(sharer -> tell(sharer, false, true));
    }
}
