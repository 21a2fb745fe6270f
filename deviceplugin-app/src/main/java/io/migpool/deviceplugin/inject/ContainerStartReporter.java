package io.migpool.deviceplugin.inject;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.runtime.log.Decision;
import io.migpool.runtime.trace.PodTraces;
import io.migpool.runtime.trace.TracedPod;
import io.migpool.runtime.trace.Work;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reports the starts of containers: logs all of them, writes Events for those that are refused, and traces if they are
 * on. The log is written by a thread of its own, in order; what is not logged yet is when this is closed.
 */
public final class ContainerStartReporter implements StartObserver, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ContainerStartReporter.class.getName());

    private final String nodeName;
    private final Events events;
    private final PodTraces traces;
    private final InstantSource wall;
    private final OrderedReports log = new OrderedReports();

    /**
     * @param events where Events go
     * @param traces where traces go
     * @param wall wall-clock time, for timestamps that people read
     */
    public ContainerStartReporter(String nodeName, Events events, PodTraces traces, InstantSource wall) {
        this.nodeName = nodeName;
        this.events = events;
        this.traces = traces;
        this.wall = wall;
    }

    @Override
    public void unknown(NavigableSet<String> slots, PreparationException why) {
        log.tell(() -> LOG.log(Level.WARNING, "{0}: {1} (slots {2})", why.reason(), why.getMessage(), slots));
    }

    @Override
    public void refused(Events.PodRef pod, Duration took, PreparationException why) {
        trace("prestart", pod, took, why.reason() + ": " + why.getMessage());
        log.tell(() ->
                LOG.log(Level.WARNING, "{0}: {1} ({2})", why.reason(), why.getMessage(), decision("refuse", pod)));
        events.warnPod(pod, why.reason(), String.valueOf(why.getMessage()));
    }

    @Override
    public void cut(PodClaim claim, Duration took) {
        trace("cut", ContainerStart.ref(claim), took, "");
    }

    @Override
    public void started(
            PodClaim claim,
            Duration took,
            boolean first,
            List<ClaimedDevice> devices,
            Map<Slice, MigRuntime> runtimes) {
        Events.PodRef pod = ContainerStart.ref(claim);
        log.tell(() -> LOG.log(
                Level.INFO,
                "a container gets {0} ({1})",
                text(devices, runtimes),
                decision(first ? "cut" : "restart", pod)));
        trace("prestart", pod, took, "");
    }

    private void trace(String what, Events.PodRef pod, Duration took, String failure) {
        if (traces.isOn()) {
            traces.tell(
                    new TracedPod(pod.uid().orElse(""), pod.namespace(), pod.name()),
                    new Work(what, wall.instant().minus(took), Map.of("k8s.node.name", nodeName), failure));
        }
    }

    private static String text(List<ClaimedDevice> devices, Map<Slice, MigRuntime> runtimes) {
        return devices.stream()
                .map(device -> switch (device) {
                    case ClaimedDevice.Mig(Slice slice) ->
                        slice
                                + Optional.ofNullable(runtimes.get(slice))
                                        .map(runtime -> " as " + runtime.migUuid())
                                        .orElse("");
                    case ClaimedDevice.Shared(String gpu, long memoryMiB, int cores) ->
                        "%d MiB and %d %% cores of %s".formatted(memoryMiB, cores, gpu);
                })
                .collect(Collectors.joining(", "));
    }

    private Decision decision(String what, Events.PodRef pod) {
        return new Decision(what, pod.namespace(), pod.name(), nodeName);
    }

    @Override
    public void close() {
        log.close();
    }
}
