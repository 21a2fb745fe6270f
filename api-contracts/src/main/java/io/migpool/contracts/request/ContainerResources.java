package io.migpool.contracts.request;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The quantities of one container, and the problems found in them. Used by one parse only. */
final class ContainerResources {

    /**
     * Kubernetes' grammar of a quantity ({@code apimachinery/pkg/api/resource/quantity.go}), its lengths bounded:
     * fabric8 accepts more ({@code 5k3}), and an exponent of eight digits would keep {@link BigDecimal} busy for more
     * than a minute.
     */
    private static final Pattern QUANTITY = Pattern.compile(
            "[+-]?(?:[0-9]{1,40}(?:\\.[0-9]{0,40})?|\\.[0-9]{1,40})(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?");

    private final Container container;
    private final List<RequestProblem> problems = new ArrayList<>();

    ContainerResources(Container container) {
        this.container = container;
    }

    /** Returns whether the container names the resource, whatever the value. */
    boolean names(String resource) {
        return quantity(resource).isPresent();
    }

    /**
     * Returns the amount of a resource; empty if the container does not name it, or if the value is not a quantity,
     * which is recorded as a problem.
     */
    Optional<BigDecimal> amount(String resource) {
        Optional<Quantity> quantity = quantity(resource);
        if (quantity.isPresent() && !QUANTITY.matcher(quantity.get().toString()).matches()) {
            problem(resource, "write a Kubernetes quantity, for example 8000 or 8Gi");
            return Optional.empty();
        }
        return quantity.map(Quantity::getNumericalAmount);
    }

    /** Records a problem with a resource that the container names. */
    void problem(String resource, String remedy) {
        String value = quantity(resource).map(Quantity::toString).orElse("");
        problems.add(new RequestProblem(container.getName(), resource, value.isBlank() ? "empty" : value, remedy));
    }

    /** Returns the problems found so far. */
    List<RequestProblem> problems() {
        return List.copyOf(problems);
    }

    private Optional<Quantity> quantity(String resource) {
        ResourceRequirements resources = container.getResources();
        if (resources == null) {
            return Optional.empty();
        }
        return in(resources.getLimits(), resource).or(() -> in(resources.getRequests(), resource));
    }

    private static Optional<Quantity> in(@Nullable Map<String, Quantity> quantities, String resource) {
        return quantities == null ? Optional.empty() : Optional.ofNullable(quantities.get(resource));
    }
}
