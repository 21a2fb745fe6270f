package io.migpool.admission.review;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;

/**
 * Hands the priority resource of a GPU container to the compute limiter inside it, which reads the environment
 * variable {@code CUDA_TASK_PRIORITY}; 0 is the highest.
 */
final class TaskPriorityRule implements Rule {

    private static final String VARIABLE = "CUDA_TASK_PRIORITY";
    private static final BigDecimal LOWEST = BigDecimal.valueOf(Integer.MAX_VALUE);

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        String resource = policy.resources().priority();
        return pod.gpuContainers().stream()
                .flatMap(container ->
                        PodUnderReview.resource(container, resource)
                                .map(value -> opinion(container, resource, value))
                                .stream())
                .reduce(Opinion.NONE, Opinion::and);
    }

    private static Opinion opinion(PodContainer container, String resource, JsonNode value) {
        try {
            BigDecimal priority = new Quantity(value.asText("")).getNumericalAmount();
            if (priority.signum() >= 0
                    && priority.compareTo(LOWEST) <= 0
                    && priority.stripTrailingZeros().scale() <= 0) {
                return Opinion.change(new Edit.PutEnvironment(
                        container.path(), VARIABLE, Integer.toString(priority.intValueExact())));
            }
        } catch (ArithmeticException | IllegalArgumentException e) {
            return deny(container, resource, value);
        }
        return deny(container, resource, value);
    }

    private static Opinion deny(PodContainer container, String resource, JsonNode value) {
        return Opinion.deny(
                Denial.Code.INVALID,
                "container %s: %s is %s; write a whole number, 0 for the highest priority"
                        .formatted(container.name(), resource, value.asText("")));
    }
}
