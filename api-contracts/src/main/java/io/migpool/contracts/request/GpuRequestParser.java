package io.migpool.contracts.request;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the GPU request of a pod. Limits take precedence over requests; Kubernetes requires them to be equal for
 * extended resources anyway.
 *
 * <p>Kubernetes rewrites quantities ({@code 8000} arrives as {@code "8k"}), so only the numeric value counts: below
 * 2<sup>20</sup> the memory resource is in MiB (times the configured factor), from there on in bytes ({@code 16Gi}). As
 * in HAMi, memory takes precedence over a percentage, 0 for either counts as absent, and compute above 100 counts as
 * 100.
 */
public final class GpuRequestParser {

    /** As MiB this would be a tebibyte for one device; as bytes it is a mebibyte. */
    private static final BigDecimal SMALLEST_BYTES = BigDecimal.valueOf(1L << 20);

    private static final BigDecimal MOST_PERCENT = BigDecimal.valueOf(100);

    /** Limit for one container, and for all containers of a pod together. */
    private static final BigDecimal MOST_DEVICES = BigDecimal.valueOf(1024);

    private final ResourceNames names;
    private final RequestDefaults defaults;

    public GpuRequestParser(ResourceNames names, RequestDefaults defaults) {
        this.names = names;
        this.defaults = defaults;
    }

    /** Returns the request of a pod; a pod without spec or containers has none. */
    public RequestOutcome parse(Pod pod) {
        if (pod.getSpec() == null) {
            return new RequestOutcome.NoRequest();
        }
        List<Container> init =
                Optional.ofNullable(pod.getSpec().getInitContainers()).orElse(List.of());
        List<Container> app = Optional.ofNullable(pod.getSpec().getContainers()).orElse(List.of());
        List<ContainerGpuRequest> requests = new ArrayList<>();
        List<RequestProblem> problems = new ArrayList<>();
        for (int index = 0; index < init.size() + app.size(); index++) {
            boolean isInit = index < init.size();
            Container container = isInit ? init.get(index) : app.get(index - init.size());
            if (container == null) {
                continue; // what people post need not be a Pod as the API server would store it
            }
            ContainerResources resources = new ContainerResources(container);
            read(container, index, role(container, isInit), resources).ifPresent(requests::add);
            problems.addAll(resources.problems());
        }
        tooMany(requests).ifPresent(problems::add);
        if (!problems.isEmpty()) {
            return new RequestOutcome.Rejected(problems);
        }
        return requests.isEmpty()
                ? new RequestOutcome.NoRequest()
                : new RequestOutcome.Accepted(new PodGpuRequest(requests, init.size() + app.size()));
    }

    /** The number of containers is bounded only by the size of the object, and planning costs time for every device. */
    private Optional<RequestProblem> tooMany(List<ContainerGpuRequest> requests) {
        int devices = 0;
        for (ContainerGpuRequest request : requests) {
            devices += request.devices();
            if (devices > MOST_DEVICES.intValueExact()) {
                return Optional.of(new RequestProblem(
                        request.container(),
                        names.count(),
                        Integer.toString(request.devices()),
                        "let all containers of the pod together ask for up to %s devices".formatted(MOST_DEVICES)));
            }
        }
        return Optional.empty();
    }

    private static ContainerGpuRequest.Role role(Container container, boolean isInit) {
        if (!isInit) {
            return ContainerGpuRequest.Role.APP;
        }
        return "Always".equals(container.getRestartPolicy())
                ? ContainerGpuRequest.Role.SIDECAR
                : ContainerGpuRequest.Role.INIT;
    }

    private Optional<ContainerGpuRequest> read(
            Container container, int index, ContainerGpuRequest.Role role, ContainerResources resources) {
        boolean counted = resources.names(names.count());
        boolean sized = names.requesting().stream().anyMatch(resources::names);
        if (!counted && !(sized && defaults.devices() > 0)) {
            return Optional.empty();
        }
        int devices = devices(resources);
        MemoryRequest memory = memory(resources);
        boolean silent = !resources.names(names.cores());
        int cores = silent ? defaultCores(memory) : cores(resources);
        return resources.problems().isEmpty()
                ? Optional.of(new ContainerGpuRequest(
                        container.getName(), index, role, devices, !counted, memory, cores, silent && cores > 0))
                : Optional.empty();
    }

    private int devices(ContainerResources resources) {
        Optional<BigDecimal> value = resources.amount(names.count());
        if (value.isEmpty()) {
            return defaults.devices();
        }
        if (value.get().signum() <= 0) {
            resources.problem(names.count(), "ask for 1 or more, or remove the line if the container needs no GPU");
            return 0;
        }
        String remedy = "ask for a whole number of devices up to " + MOST_DEVICES;
        return whole(resources, names.count(), value.get(), MOST_DEVICES, remedy);
    }

    private MemoryRequest memory(ContainerResources resources) {
        BigDecimal amount = resources.amount(names.memory()).orElse(BigDecimal.ZERO);
        if (amount.signum() < 0) {
            resources.problem(names.memory(), "ask for 1 or more MiB per device, for example 8000 or 8Gi");
        }
        int percent = whole(
                resources,
                names.memoryPercentage(),
                resources.amount(names.memoryPercentage()).orElse(BigDecimal.ZERO),
                MOST_PERCENT,
                "ask for a whole number from 1 to 100");
        if (amount.signum() > 0) {
            return new MemoryRequest.MiB(mebibytes(amount));
        }
        if (percent > 0) {
            return new MemoryRequest.Percentage(percent);
        }
        return defaults.memoryMiB() > 0 ? new MemoryRequest.MiB(defaults.memoryMiB()) : new MemoryRequest.WholeGpu();
    }

    private long mebibytes(BigDecimal amount) {
        return amount.compareTo(SMALLEST_BYTES) < 0
                ? Mebibytes.ofUnits(amount, defaults.memoryFactor(), RoundingMode.CEILING)
                : Mebibytes.ofBytes(amount, RoundingMode.CEILING);
    }

    /** A container with a whole GPU shares it with no one, so a default for sharing does not apply. */
    private int defaultCores(MemoryRequest memory) {
        return memory.isWhole() ? 0 : defaults.cores();
    }

    private int cores(ContainerResources resources) {
        BigDecimal value = resources.amount(names.cores()).orElse(BigDecimal.ZERO);
        return whole(
                resources,
                names.cores(),
                value.min(MOST_PERCENT),
                MOST_PERCENT,
                "ask for a whole number from 0 to 100");
    }

    /** Returns the value if it is a whole number from 0 to the maximum; otherwise 0, and records the problem. */
    private static int whole(
            ContainerResources resources, String name, BigDecimal value, BigDecimal most, String remedy) {
        boolean isWhole = value.stripTrailingZeros().scale() <= 0;
        if (!isWhole || value.signum() < 0 || value.compareTo(most) > 0) {
            resources.problem(name, remedy);
            return 0;
        }
        return value.intValueExact();
    }
}
