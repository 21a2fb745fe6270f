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
import org.jspecify.annotations.Nullable;

/**
 * Reads the identity of every GPU, each on a thread of its own, so that one that is lost, inaccessible or unresponsive
 * does not hide the others. Such GPUs are queried again with the next look, unless an earlier query is still pending: a
 * GPU that hangs costs one thread for the driver's life. An answer that comes late is used by the next look.
 *
 * <p>When the number of GPUs has changed, all are identified again, because a new one may have taken the index of
 * another ({@code nvmlDeviceDiscoverGpus}: the enumeration follows the order on the bus).
 *
 * <p>The wait continues as long as GPUs answer one after another: a driver that has to initialise its boards does so
 * one at a time.
 *
 * <p>Looks are made by one thread; their results may be read by any.
 */
final class GpuSurvey implements NvmlGpuDriver.Survey {

    private static final System.Logger LOG = System.getLogger(GpuSurvey.class.getName());
    private static final String CALL = "identify";

    private final DeviceCalls nvml;
    private final HostFiles host;
    private final Duration limit;
    private final Count count;
    /** By index; there may be more than GPUs at present. */
    private final List<Candidate> candidates = new ArrayList<>();

    private int counted;
    private volatile List<GpuIdentity> identified = List.of();
    private volatile List<UnlistedGpu> unlisted = List.of();

    /** Counts the GPUs of the machine. */
    @FunctionalInterface
    interface Count {
        int now() throws GpuException;
    }

    /**
     * Creates a survey that has not looked yet.
     *
     * @param host the kernel's files
     * @param limit how long to wait for the next GPU's answer
     */
    GpuSurvey(DeviceCalls nvml, HostFiles host, Duration limit, Count count) {
        this.nvml = nvml;
        this.host = host;
        this.limit = limit;
        this.count = count;
    }

    /** A GPU of which only the index is known. */
    private final class Candidate {

        private final int index;
        private final NvmlThread thread;
        private CompletableFuture<GpuIdentity> asked = CompletableFuture.failedFuture(new IllegalStateException());
        /** Whether another GPU may have its index since it was queried. */
        private boolean outdated = true;

        private Candidate(int index) {
            this.index = index;
            this.thread = new NvmlThread("nvml-open-" + index, limit);
        }

        private boolean isDue() {
            return asked.isDone() && (outdated || asked.isCompletedExceptionally());
        }

        private CompletableFuture<GpuIdentity> ask() {
            outdated = false;
            try {
                asked = thread.begin(CALL, "GPU " + index, wanted -> identify(index));
            } catch (GpuException e) {
                asked = CompletableFuture.failedFuture(e);
            }
            return asked;
        }

        /** Returns why it is not identified; null if it is. */
        private @Nullable String trouble() {
            return switch (outdated ? CompletableFuture.State.RUNNING : asked.state()) {
                case SUCCESS -> null;
                case FAILED, CANCELLED -> String.valueOf(asked.exceptionNow().getMessage());
                case RUNNING ->
                    "GPU %d did not respond within %s; it is added once it responds".formatted(index, limit);
            };
        }
    }

    @Override
    public void look() throws GpuException {
        look(count.now());
    }

    /**
     * Looks at this many GPUs.
     *
     * @throws GpuException if the thread is interrupted
     */
    void look(int gpus) throws GpuException {
        if (gpus != counted) {
            for (int index = candidates.size(); index < gpus; index++) {
                candidates.add(new Candidate(index));
            }
            candidates.forEach(candidate -> candidate.outdated = true);
            counted = gpus;
        }
        List<Candidate> present = candidates.subList(0, gpus);
        // Those that owe an answer are not waited for, because a GPU that hangs would cost the full wait each time.
        await(present.stream().filter(Candidate::isDue).map(Candidate::ask).toList());
        List<GpuIdentity> known = new ArrayList<>();
        List<UnlistedGpu> unknown = new ArrayList<>();
        for (Candidate candidate : present) {
            String trouble = candidate.trouble();
            if (trouble == null) {
                known.add(candidate.asked.resultNow());
            } else {
                unknown.add(new UnlistedGpu(candidate.index, trouble));
            }
        }
        tellNews(known, unknown);
        identified = List.copyOf(known);
        unlisted = List.copyOf(unknown);
    }

    private void tellNews(List<GpuIdentity> known, List<UnlistedGpu> unknown) {
        known.stream()
                .filter(gpu -> !identified.contains(gpu))
                .forEach(gpu -> LOG.log(Level.INFO, "GPU {0} is {1}, {2}", gpu.index(), gpu.uuid(), gpu.model()));
        unknown.stream()
                .filter(gpu -> !unlisted.contains(gpu))
                .forEach(gpu -> LOG.log(Level.WARNING, "GPU {0} is skipped: {1}", gpu.index(), gpu.why()));
    }

    @Override
    public List<GpuIdentity> identified() {
        return identified;
    }

    @Override
    public List<UnlistedGpu> unlisted() {
        return unlisted;
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
                nvml.virtualization(device) == DeviceCalls.Virtualization.PASSED_THROUGH);
    }

    /** Cancels waiting queries; none begins after this. */
    void close() {
        candidates.forEach(candidate -> candidate.thread.close());
    }

    /** After {@link #close}, waits at most this long for each native call in progress; returns whether none is left. */
    boolean awaitEnd(Duration time) throws InterruptedException {
        for (Candidate candidate : candidates) {
            if (!candidate.thread.awaitEnd(time)) {
                return false;
            }
        }
        return true;
    }
}
