package io.migpool.deviceplugin.reservation;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.GpuRequestParser;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.BindPhase;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.contracts.wire.Reservation;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.reservation.UnusableReservationException.Code;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a pod's claim on this node from its annotations. They are trusted only if each container requests as many
 * devices as they name; the extender has verified what the devices are.
 */
public final class ClaimReader {

    private static final String DISABLE_INTERCEPTION = "CUDA_DISABLE_CONTROL";
    /** What Go's {@code strconv.ParseBool} accepts as true; users of the library rely on it. */
    private static final Set<String> TRUE = Set.of("1", "t", "T", "true", "True", "TRUE");

    private static final BigDecimal LOWEST_PRIORITY = BigDecimal.valueOf(Integer.MAX_VALUE);

    private final String nodeName;
    private final Supplier<DeviceSettings> settings;
    private final ReservedSlices slices;

    /** @param slices resolves the names in reservations */
    public ClaimReader(String nodeName, Supplier<DeviceSettings> settings, ReservedSlices slices) {
        this.nodeName = nodeName;
        this.settings = settings;
        this.slices = slices;
    }

    /**
     * Returns the claim of a pod.
     *
     * @throws UnusableReservationException if there is no reservation, or it is malformed, for another node, or does
     *     not match the containers' requests
     */
    public PodClaim read(Pod pod) throws UnusableReservationException {
        Reservation reservation = reservation(pod);
        if (!reservation.node().equals(nodeName)) {
            throw unusable(
                    Code.ELSEWHERE, "it is reserved on node " + reservation.node() + " but bound to " + nodeName);
        }
        String phase = annotations(pod).getOrDefault(Annotations.BIND_PHASE, BindPhase.ALLOCATING.wireName());
        if (BindPhase.byWireName(phase).filter(p -> p != BindPhase.FAILED).isEmpty()) {
            throw unusable(Code.FAILED, Annotations.BIND_PHASE + " is '" + phase + "', not allocating or success");
        }
        PodGpuRequest request = reservation.answered(request(pod));
        Optional<String> mismatch = reservation.mismatch(request);
        if (mismatch.isPresent()) {
            throw unusable(Code.MISMATCH, mismatch.get());
        }
        return new PodClaim(
                pod.getMetadata().getUid(),
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                PodPhase.grace(pod),
                request.containers().stream()
                        .map(container -> container(pod, container, reservation))
                        .toList());
    }

    /**
     * Returns the identities that were written back to a pod earlier.
     *
     * @throws UnusableReservationException as {@link #read}
     */
    public Map<Slice, MigRuntime> writtenBack(Pod pod) throws UnusableReservationException {
        Map<Slice, MigRuntime> runtimes = new TreeMap<>();
        for (MigAllocation allocation : reservation(pod).migAllocations()) {
            MigRuntime runtime = allocation.runtime();
            if (runtime != null) {
                runtimes.put(slices.of(allocation), runtime);
            }
        }
        return runtimes;
    }

    private Reservation reservation(Pod pod) throws UnusableReservationException {
        Optional<Reservation> reservation;
        try {
            reservation = Reservation.fromAnnotations(annotations(pod));
        } catch (MalformedAnnotationException e) {
            throw unusable(Code.MALFORMED, String.valueOf(e.getMessage()));
        }
        return reservation.orElseThrow(() -> unusable(
                Code.MISSING,
                "it has no reservation: scheduler '%s' bound it without asking MigPool; remove nodeName, set schedulerName to MigPool's scheduler, and see that managedResources of its configuration has %s"
                        .formatted(
                                pod.getSpec().getSchedulerName(),
                                settings.get().resources().count())));
    }

    private PodGpuRequest request(Pod pod) throws UnusableReservationException {
        DeviceSettings current = settings.get();
        return switch (new GpuRequestParser(current.resources(), current.defaults()).parse(pod)) {
            case RequestOutcome.Accepted(PodGpuRequest request) -> request;
            case RequestOutcome.NoRequest _ ->
                throw unusable(
                        Code.NO_REQUEST,
                        "none of its containers asks for " + current.resources().count());
            case RequestOutcome.Rejected rejected -> throw unusable(Code.MALFORMED_REQUEST, rejected.message());
        };
    }

    private ContainerClaim container(Pod pod, ContainerGpuRequest request, Reservation reservation) {
        List<AllocatedDevice> devices = reservation.devices().of(request.index());
        List<MigAllocation> instances = reservation.migAllocationsOf(request.index());
        List<ClaimedDevice> claimed = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            int deviceIndex = i;
            AllocatedDevice device = devices.get(i);
            claimed.add(instances.stream()
                    .filter(allocation -> allocation.deviceIndex() == deviceIndex)
                    .findFirst()
                    .<ClaimedDevice>map(allocation -> new ClaimedDevice.Mig(slices.of(allocation)))
                    .orElseGet(() -> new ClaimedDevice.Shared(device.uuid(), device.memoryMiB(), device.cores())));
        }
        return new ContainerClaim(
                request.container(),
                request.index(),
                request.role() == ContainerGpuRequest.Role.INIT,
                !disablesInterception(containerAt(pod, request.index())),
                priority(containerAt(pod, request.index())),
                claimed);
    }

    /** Returns the priority that a container asks for. What it tells its own library does not count against others. */
    private int priority(Optional<Container> container) {
        String resource = settings.get().resources().priority();
        return container
                .map(Container::getResources)
                .flatMap(resources ->
                        amount(resources.getLimits(), resource).or(() -> amount(resources.getRequests(), resource)))
                .map(asked -> asked.max(BigDecimal.ZERO).min(LOWEST_PRIORITY).intValue())
                .orElse(ContainerClaim.USUAL_PRIORITY);
    }

    private static Optional<BigDecimal> amount(@Nullable Map<String, Quantity> amounts, String resource) {
        return Optional.ofNullable(amounts).map(known -> known.get(resource)).map(Quantity::getNumericalAmount);
    }

    private static Optional<Container> containerAt(Pod pod, int index) {
        return Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
                .skip(index)
                .findFirst();
    }

    private static boolean disablesInterception(Optional<Container> container) {
        return container.stream()
                .flatMap(c -> c.getEnv().stream())
                .filter(env -> DISABLE_INTERCEPTION.equals(env.getName()))
                .map(EnvVar::getValue)
                .anyMatch(value -> value != null && TRUE.contains(value));
    }

    private static Map<String, String> annotations(Pod pod) {
        return Optional.ofNullable(pod.getMetadata().getAnnotations()).orElse(Map.of());
    }

    private static UnusableReservationException unusable(Code code, String why) {
        return new UnusableReservationException(
                code,
                "the pod's GPU reservation cannot be used: " + why + "; delete the pod so that it is scheduled again");
    }
}
