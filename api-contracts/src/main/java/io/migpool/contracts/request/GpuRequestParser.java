package io.migpool.contracts.request;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the GPU request of a pod. Limits win over requests, as Kubernetes requires them to be equal for extended
 * resources anyway.
 *
 * <p>Kubernetes rewrites quantities ({@code 8000} arrives as {@code "8k"}), so only the numeric value counts: below
 * 2<sup>20</sup> the memory resource is in MiB (times the configured factor), from there on in bytes ({@code 16Gi}).
 * Memory wins over a percentage; a percentage of 0 counts as not given and compute above 100 as 100, as HAMi has it.
 */
public final class GpuRequestParser {

    private static final BigDecimal FIRST_BYTES_VALUE = BigDecimal.valueOf(1L << 20);
    private static final BigDecimal BYTES_PER_MIB = BigDecimal.valueOf(1L << 20);
    private static final BigDecimal MOST_DEVICES = BigDecimal.valueOf(1024);

    private final ResourceNames names;
    private final RequestDefaults defaults;

    public GpuRequestParser(ResourceNames names, RequestDefaults defaults) {
        this.names = names;
        this.defaults = defaults;
    }

    /** The request of a pod; a pod without spec or containers has none. */
    public RequestOutcome parse(Pod pod) {
        if (pod.getSpec() == null) {
            return new RequestOutcome.NoRequest();
        }
        List<Container> init =
                Optional.ofNullable(pod.getSpec().getInitContainers()).orElse(List.of());
        List<Container> app = Optional.ofNullable(pod.getSpec().getContainers()).orElse(List.of());
        List<ContainerGpuRequest> requests = new ArrayList<>();
        List<RequestProblem> problems = new ArrayList<>();
        int index = 0;
        for (Container container : init) {
            boolean sidecar = "Always".equals(container.getRestartPolicy());
            read(
                            container,
                            index++,
                            sidecar ? ContainerGpuRequest.Role.SIDECAR : ContainerGpuRequest.Role.INIT,
                            problems)
                    .ifPresent(requests::add);
        }
        for (Container container : app) {
            read(container, index++, ContainerGpuRequest.Role.APP, problems).ifPresent(requests::add);
        }
        if (!problems.isEmpty()) {
            return new RequestOutcome.Rejected(problems);
        }
        return requests.isEmpty()
                ? new RequestOutcome.NoRequest()
                : new RequestOutcome.Accepted(new PodGpuRequest(requests, index));
    }

    private Optional<ContainerGpuRequest> read(
            Container container, int index, ContainerGpuRequest.Role role, List<RequestProblem> problems) {
        ContainerReader reader = new ContainerReader(container, problems);
        Optional<BigDecimal> count = reader.value(names.count());
        boolean sized = names.requesting().stream()
                .anyMatch(name ->
                        !name.equals(names.count()) && reader.value(name).isPresent());
        if (count.isEmpty() && !(sized && defaults.devices() > 0)) {
            return Optional.empty();
        }
        int before = problems.size();
        int devices = count.map(value -> devices(reader, value)).orElse(defaults.devices());
        MemoryRequest memory = memory(reader);
        int cores = cores(reader);
        return problems.size() > before
                ? Optional.empty()
                : Optional.of(new ContainerGpuRequest(
                        container.getName(), index, role, devices, count.isEmpty(), memory, cores));
    }

    private int devices(ContainerReader reader, BigDecimal value) {
        if (value.signum() <= 0) {
            return reader.problem(names.count(), "ask for 1 or more, or remove the line if the container needs no GPU");
        }
        if (!isWhole(value) || value.compareTo(MOST_DEVICES) > 0) {
            return reader.problem(names.count(), "ask for a whole number of devices up to " + MOST_DEVICES);
        }
        return value.intValueExact();
    }

    private MemoryRequest memory(ContainerReader reader) {
        Optional<BigDecimal> absolute = reader.value(names.memory());
        Optional<BigDecimal> percentage = reader.value(names.memoryPercentage());
        int percent = percentage.map(value -> percent(reader, value)).orElse(0);
        if (absolute.isPresent()) {
            BigDecimal value = absolute.get();
            if (value.signum() <= 0) {
                reader.problem(names.memory(), "ask for 1 or more MiB per device, for example 8000 or 8Gi");
                return new MemoryRequest.WholeGpu();
            }
            return new MemoryRequest.MiB(mebibytes(value));
        }
        if (percent > 0) {
            return new MemoryRequest.Percentage(percent);
        }
        return defaults.memoryMiB() > 0 ? new MemoryRequest.MiB(defaults.memoryMiB()) : new MemoryRequest.WholeGpu();
    }

    private long mebibytes(BigDecimal value) {
        BigDecimal mebibytes = value.compareTo(FIRST_BYTES_VALUE) < 0
                ? value.multiply(BigDecimal.valueOf(defaults.memoryFactor()))
                : value.divide(BYTES_PER_MIB, 0, RoundingMode.CEILING);
        return mebibytes
                .setScale(0, RoundingMode.CEILING)
                .min(BigDecimal.valueOf(Long.MAX_VALUE))
                .longValueExact();
    }

    private int percent(ContainerReader reader, BigDecimal value) {
        if (value.signum() < 0 || value.compareTo(BigDecimal.valueOf(100)) > 0 || !isWhole(value)) {
            return reader.problem(names.memoryPercentage(), "ask for a whole number from 1 to 100");
        }
        return value.intValueExact();
    }

    private int cores(ContainerReader reader) {
        return reader.value(names.cores())
                .map(value -> value.signum() < 0 || !isWhole(value)
                        ? reader.problem(names.cores(), "ask for a whole number from 0 to 100")
                        : value.min(BigDecimal.valueOf(100)).intValueExact())
                .orElse(defaults.cores());
    }

    private static boolean isWhole(BigDecimal value) {
        return value.stripTrailingZeros().scale() <= 0;
    }

    /** Reads one container's quantities and collects what is wrong with them. */
    private record ContainerReader(Container container, List<RequestProblem> problems) {

        Optional<BigDecimal> value(String name) {
            return quantity(name).flatMap(quantity -> {
                try {
                    return Optional.of(quantity.getNumericalAmount());
                } catch (ArithmeticException | IllegalArgumentException e) {
                    problem(name, "write a Kubernetes quantity, for example 8000 or 8Gi");
                    return Optional.empty();
                }
            });
        }

        int problem(String name, String remedy) {
            RequestProblem problem = new RequestProblem(
                    container.getName(),
                    name,
                    quantity(name).map(Quantity::toString).orElse("absent"),
                    remedy);
            if (!problems.contains(problem)) {
                problems.add(problem);
            }
            return 0;
        }

        private Optional<Quantity> quantity(String name) {
            ResourceRequirements resources = container.getResources();
            if (resources == null) {
                return Optional.empty();
            }
            return in(resources.getLimits(), name).or(() -> in(resources.getRequests(), name));
        }

        private static Optional<Quantity> in(
                @org.jspecify.annotations.Nullable Map<String, Quantity> map, String name) {
            return map == null ? Optional.empty() : Optional.ofNullable(map.get(name));
        }
    }
}
