package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.UnlistedGpu;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the identity of every GPU when the driver is opened, each on a lane of its own, so that one that is lost,
 * inaccessible or unresponsive does not hide the others. Such GPUs are queried again later, unless an earlier query is
 * still pending: a GPU that hangs costs one thread for the driver's life.
 *
 * <p>The wait continues as long as GPUs answer one after another: a driver that has to initialise its boards does so
 * one at a time.
 *
 * <p>An answer that arrives after its time limit is no reason to reopen the driver: that would release the GPU, which
 * would be just as slow the next time.
 */
final class GpuSurvey implements NvmlGpuDriver.Rest {

    private static final System.Logger LOG = System.getLogger(GpuSurvey.class.getName());
    private static final String CALL = "open";

    private final Nvml nvml;
    private final HostFiles host;
    private final Duration limit;
    private final List<GpuIdentity> found = new ArrayList<>();
    private final List<UnlistedGpu> unlisted = new ArrayList<>();
    private final List<Candidate> candidates = new ArrayList<>();
    /** The GPUs that are not listed. */
    private final List<Candidate> rest = new ArrayList<>();

    /**
     * Creates a survey without running it.
     *
     * @param host the kernel's files
     * @param limit how long to wait for the next GPU's answer
     */
    GpuSurvey(Nvml nvml, HostFiles host, Duration limit) {
        this.nvml = nvml;
        this.host = host;
        this.limit = limit;
    }

    /** A GPU of which only the index is known. */
    private final class Candidate {

        private final int index;
        private final NativeLane lane;
        private @Nullable CompletableFuture<GpuIdentity> asked;
        /** Whether the wait ended without an answer. */
        private boolean late;

        private Candidate(int index) {
            this.index = index;
            this.lane = new NativeLane("nvml-open-" + index, limit);
        }

        private String name() {
            return "GPU " + index;
        }

        /** Queries the GPU, unless a query is pending or has succeeded. */
        private CompletableFuture<GpuIdentity> ask() {
            CompletableFuture<GpuIdentity> before = asked;
            if (before != null && !before.isCompletedExceptionally()) {
                return before;
            }
            CompletableFuture<GpuIdentity> begun;
            try {
                begun = lane.begin(CALL, name(), wanted -> identify(index));
            } catch (GpuException e) {
                begun = CompletableFuture.failedFuture(e);
            }
            asked = begun;
            late = false;
            return begun;
        }

        private boolean owesAnswer() {
            CompletableFuture<GpuIdentity> before = asked;
            return before != null && !before.isDone();
        }

        /** Returns whether it was identified in time; call this after the wait. */
        private boolean hasCome() {
            CompletableFuture<GpuIdentity> before = asked;
            late |= owesAnswer();
            return before != null && before.state() == CompletableFuture.State.SUCCESS && !late;
        }
    }

    /**
     * Queries this many GPUs.
     *
     * @throws GpuException if the thread is interrupted
     */
    void make(int count) throws GpuException {
        candidates.addAll(IntStream.range(0, count).mapToObj(Candidate::new).toList());
        List<CompletableFuture<GpuIdentity>> answers =
                candidates.stream().map(Candidate::ask).toList();
        await(answers);
        for (int index = 0; index < count; index++) {
            CompletableFuture<GpuIdentity> answer = answers.get(index);
            switch (answer.state()) {
                case SUCCESS -> found.add(answer.resultNow());
                case FAILED, CANCELLED ->
                    leaveOut(index, String.valueOf(answer.exceptionNow().getMessage()));
                case RUNNING -> {
                    candidates.get(index).late = true;
                    leaveOut(
                            index,
                            "GPU %d gave no answer within %s; if it only needs longer, raise %s and restart the node agent"
                                    .formatted(index, limit, NvmlSettings.INIT_TIMEOUT_KEY));
                }
            }
        }
    }

    private void leaveOut(int index, String why) {
        LOG.log(Level.WARNING, "GPU {0} is left out: {1}", index, why);
        unlisted.add(new UnlistedGpu(index, why));
        rest.add(candidates.get(index));
    }

    /** Returns the GPUs that were identified by the survey, by index. */
    List<GpuIdentity> found() {
        return List.copyOf(found);
    }

    @Override
    public List<UnlistedGpu> unlisted() {
        return List.copyOf(unlisted);
    }

    @Override
    public boolean hasMore() throws GpuException {
        // Collected before the wait, because a GPU that hangs would cost the full wait each time.
        List<Candidate> asked =
                rest.stream().filter(candidate -> !candidate.owesAnswer()).toList();
        await(asked.stream().map(Candidate::ask).toList());
        // Every candidate has to be evaluated, not only those up to the first match.
        return asked.stream().filter(Candidate::hasCome).count() > 0;
    }

    private void await(List<CompletableFuture<GpuIdentity>> asked) throws GpuException {
        List<CompletableFuture<GpuIdentity>> open = asked;
        while (true) {
            open = open.stream().filter(answer -> !answer.isDone()).toList();
            if (open.isEmpty()) {
                return;
            }
            try {
                var _ = CompletableFuture.anyOf(open.toArray(CompletableFuture[]::new))
                        .handle((answer, failure) -> "answered")
                        .get(limit.toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                LOG.log(Level.DEBUG, "the wait for GPUs is over", e);
                return;
            } catch (ExecutionException e) {
                throw new IllegalStateException("a failure is an answer too", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new GpuException(GpuErrorCode.TIMEOUT, CALL, "all GPUs", "interrupted before it was done", e);
            }
        }
    }

    private GpuIdentity identify(int index) throws NvmlException {
        Handle.Device device = nvml.deviceByIndex(index);
        String pciBusId = nvml.pciBusId(device);
        MigSupport support = nvml.migSupport(device);
        return new GpuIdentity(
                nvml.uuid(device),
                index,
                nvml.minorNumber(device),
                nvml.name(device),
                nvml.totalMemoryMiB(device),
                host.numaNode(pciBusId),
                pciBusId,
                nvml.pciIdentity(device),
                host.pciClass(pciBusId),
                support,
                nvml.virtualization(device) == Nvml.Virtualization.PASSED_THROUGH);
    }

    /** Cancels waiting queries; none begins after this. */
    void close() {
        candidates.forEach(candidate -> candidate.lane.close());
    }

    /** After {@link #close}, waits at most this long for each native call in progress; returns whether none is left. */
    boolean awaitEnd(Duration time) throws InterruptedException {
        for (Candidate candidate : candidates) {
            if (!candidate.lane.awaitEnd(time)) {
                return false;
            }
        }
        return true;
    }
}
