package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.request.GpuRequestParser;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.pool.PodDemand;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads Pod objects under one version of the settings. */
final class PodReader {

    private final GpuRequestParser parser;
    private final NamespacePolicies namespaces;

    PodReader(DeviceSettings settings, NamespacePolicies namespaces) {
        this.namespaces = namespaces;
        this.parser = new GpuRequestParser(settings.resources(), settings.defaults());
    }

    /**
     * The result of reading a pod.
     *
     * @param entry the pod, or null if it asks for no GPU or has ended
     * @param problem why its reservation is not believed, or null
     */
    record Reading(@Nullable PodEntry entry, @Nullable String problem) {}

    RequestOutcome requestOf(Pod pod) {
        return parser.parse(pod);
    }

    /** Returns whether the pod is one that is counted, though its request may not be understood. */
    boolean asksForGpus(Pod pod) {
        return !(parser.parse(pod) instanceof RequestOutcome.NoRequest);
    }

    PodDemand demandOf(Pod pod, PodGpuRequest request) {
        return new PodDemand(
                request,
                PodConstraints.fromAnnotations(annotations(pod)),
                PolicyChoice.fromAnnotations(annotations(pod))
                        .orElse(namespaces.of(PodKey.of(pod.getMetadata()).namespace())));
    }

    Reading read(Pod pod) {
        if (PodPhase.hasEnded(pod)) {
            return new Reading(null, null);
        }
        return switch (parser.parse(pod)) {
            case RequestOutcome.NoRequest() -> new Reading(null, null);
            case RequestOutcome.Rejected rejected -> new Reading(entry(pod, null, null), null);
            case RequestOutcome.Accepted(PodGpuRequest request) -> read(pod, request);
        };
    }

    private Reading read(Pod pod, PodGpuRequest today) {
        String node = nodeName(pod);
        if (node == null) {
            return withoutReservation(pod, today, null);
        }
        try {
            Optional<Reservation> found = Reservation.fromAnnotations(annotations(pod));
            if (found.isEmpty()) {
                return withoutReservation(pod, today, null);
            }
            Reservation reservation = found.get();
            PodGpuRequest answered = reservation.answered(today);
            Optional<String> mismatch = reservation.node().equals(node)
                    ? reservation.mismatch(answered)
                    : Optional.of("its reservation is for node %s, but it is bound to %s"
                            .formatted(reservation.node(), node));
            return mismatch.isPresent()
                    ? withoutReservation(pod, today, mismatch.get())
                    : new Reading(entry(pod, demandOf(pod, answered), reservation), null);
        } catch (MalformedAnnotationException e) {
            return withoutReservation(pod, today, e.getMessage());
        }
    }

    private Reading withoutReservation(Pod pod, PodGpuRequest today, @Nullable String problem) {
        return new Reading(entry(pod, demandOf(pod, today), null), problem);
    }

    private static PodEntry entry(Pod pod, @Nullable PodDemand demand, @Nullable Reservation reservation) {
        return new PodEntry(
                PodKey.of(pod.getMetadata()),
                nodeName(pod),
                demand,
                reservation,
                pod.getMetadata().getDeletionTimestamp() != null);
    }

    private static @Nullable String nodeName(Pod pod) {
        String name = pod.getSpec() == null ? null : pod.getSpec().getNodeName();
        return name == null || name.isEmpty() ? null : name;
    }

    private static Map<String, String> annotations(Pod pod) {
        return Optional.ofNullable(pod.getMetadata().getAnnotations()).orElse(Map.of());
    }
}
