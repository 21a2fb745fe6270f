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
import org.jspecify.annotations.Nullable;

/**
 * Checks all GPUs in parallel. The first check of a GPU is awaited; later ones only for a moment, and not at all once
 * the GPU is known to respond late or never: until it responds its last answer applies, so that a GPU that hangs does
 * not delay the others.
 */
public final class GpuLooks implements AutoCloseable {

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
     * @param patience how long to wait, in total, for all later checks of a pass
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
        long deadline = System.nanoTime() + patience.toNanos();
        List<Sight> sights = new ArrayList<>();
        for (int i = 0; i < gpus.size(); i++) {
            GpuDescription gpu = gpus.get(i);
            sights.add(new Sight(gpu, answer(gpu.uuid(), begun.get(i), deadline)));
        }
        return sights;
    }

    /**
     * Returns the outcome of a check that {@link #at} no longer waited for, once; empty if there is none. After it the
     * next check of the GPU begins with a new call. Called from the thread that calls {@link #at}.
     */
    public Optional<Seen> takeLate(String gpuUuid) {
        return Optional.ofNullable(underWay.get(gpuUuid))
                .filter(CompletableFuture::isDone)
                .map(begun -> answer(gpuUuid, begun, System.nanoTime()));
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

    private Seen answer(String gpuUuid, CompletableFuture<Seen> begun, long deadline) {
        Seen before = last.get(gpuUuid);
        try {
            Seen now = before == null
                    ? begun.get()
                    : begun.get(isSlow(gpuUuid, before) ? 0 : deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            underWay.remove(gpuUuid);
            late.remove(gpuUuid);
            last.put(gpuUuid, now);
            return now;
        } catch (TimeoutException e) {
            if (late.add(gpuUuid)) {
                var _ = begun.thenRun(onLateAnswer);
            }
            return orNothing(before, gpuUuid);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return orNothing(before, gpuUuid);
        } catch (ExecutionException e) {
            underWay.remove(gpuUuid);
            throw new IllegalStateException("a look at " + gpuUuid + " met something unforeseen", e.getCause());
        }
    }

    private boolean isSlow(String gpuUuid, Seen before) {
        return late.contains(gpuUuid)
                || (before instanceof Seen.Trouble trouble && trouble.why().code() == GpuErrorCode.TIMEOUT);
    }

    private static Seen orNothing(@Nullable Seen before, String gpuUuid) {
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
