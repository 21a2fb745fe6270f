package io.migpool.deviceplugin.health;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Checks all GPUs in parallel. The first checks of all are awaited; later ones, and those of GPUs that come later, only
 * for a moment, and not at all once the GPU is known to respond late or never: until it responds its last answer
 * applies, so that a GPU that hangs does not delay the others.
 */
public final class GpuLooks implements AutoCloseable {

    /** The driver gives up long before. */
    private static final Duration FOREVER = Duration.ofDays(1);

    private final Look look;
    private final Duration patience;
    private final Runnable onLateAnswer;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("gpu-look-", 0).factory());
    /** Checks whose outcome has not been used yet, by UUID. */
    private final Map<String, CompletableFuture<Seen>> underWay = new HashMap<>();

    private final Set<String> late = new HashSet<>();
    private final Map<String, Seen> last = new HashMap<>();

    /** Checks one GPU; blocks on driver calls. */
    @FunctionalInterface
    public interface Look {
        MigMode at(GpuDescription gpu) throws GpuException;
    }

    /** The outcome of a check. */
    public sealed interface Seen {

        /** The GPU responded. */
        record Mode(MigMode mode) implements Seen {}

        /** It did not respond, or refused. */
        record Trouble(GpuException why) implements Seen {}
    }

    /**
     * @param patience how long to wait, in total, for all checks of a pass but the first
     * @param onLateAnswer called when an answer arrives that is no longer awaited
     */
    public GpuLooks(Look look, Duration patience, Runnable onLateAnswer) {
        this.look = look;
        this.patience = patience;
        this.onLateAnswer = onLateAnswer;
    }

    /** A GPU with its present or last outcome. */
    public record Sight(GpuDescription gpu, Seen seen) {}

    /** Checks these GPUs and returns the outcomes in order. Called from one thread. */
    public List<Sight> at(List<GpuDescription> gpus) {
        List<CompletableFuture<Seen>> begun = gpus.stream().map(this::begin).toList();
        Duration limit = last.isEmpty() ? FOREVER : patience;
        long deadline = System.nanoTime() + limit.toNanos();
        List<Sight> sights = new ArrayList<>();
        for (int i = 0; i < gpus.size(); i++) {
            GpuDescription gpu = gpus.get(i);
            sights.add(new Sight(gpu, answer(gpu.uuid(), begun.get(i), deadline).orElseGet(() -> lastOf(gpu.uuid()))));
        }
        return sights;
    }

    /**
     * Checks one GPU, or continues a check that is under way, and returns the outcome once; empty if it takes longer
     * than a moment. Called from one thread.
     */
    public Optional<Seen> soon(GpuDescription gpu) {
        return answer(gpu.uuid(), begin(gpu), System.nanoTime() + patience.toNanos());
    }

    /** Returns whether a check of the GPU is under way, or its outcome has not been returned yet. */
    public boolean isUnderWay(String gpuUuid) {
        return underWay.containsKey(gpuUuid);
    }

    /** Drops what came of the checks of a GPU; one in progress goes on. Called from one thread. */
    public void forget(String gpuUuid) {
        CompletableFuture<Seen> begun = underWay.get(gpuUuid);
        if (begun == null || begun.isDone()) {
            underWay.remove(gpuUuid);
            late.remove(gpuUuid);
            last.remove(gpuUuid);
        }
    }

    private CompletableFuture<Seen> begin(GpuDescription gpu) {
        return underWay.computeIfAbsent(gpu.uuid(), _ -> CompletableFuture.supplyAsync(() -> see(gpu), threads));
    }

    private Seen see(GpuDescription gpu) {
        try {
            return new Seen.Mode(look.at(gpu));
        } catch (GpuException e) {
            return new Seen.Trouble(e);
        }
    }

    private Optional<Seen> answer(String gpuUuid, CompletableFuture<Seen> begun, long deadline) {
        try {
            Seen now = begun.get(isSlow(gpuUuid) ? 0 : deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            underWay.remove(gpuUuid);
            late.remove(gpuUuid);
            last.put(gpuUuid, now);
            return Optional.of(now);
        } catch (TimeoutException e) {
            if (late.add(gpuUuid)) {
                var _ = begun.thenRun(onLateAnswer);
            }
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (ExecutionException e) {
            underWay.remove(gpuUuid);
            throw new IllegalStateException("checking " + gpuUuid + " failed unexpectedly", e.getCause());
        }
    }

    private boolean isSlow(String gpuUuid) {
        return late.contains(gpuUuid)
                || (last.get(gpuUuid) instanceof Seen.Trouble trouble
                        && trouble.why().code() == GpuErrorCode.TIMEOUT);
    }

    private Seen lastOf(String gpuUuid) {
        Seen before = last.get(gpuUuid);
        return before == null
                ? new Seen.Trouble(new GpuException(GpuErrorCode.TIMEOUT, "migMode", gpuUuid, "no answer yet"))
                : before;
    }

    /** Ends checks in progress; none begins after this. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
