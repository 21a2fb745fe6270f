package io.migpool.admission.review;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.regex.Pattern;

/**
 * Passes the priority resource of a GPU container to the compute limiter inside it, which reads the environment
 * variable {@code CUDA_TASK_PRIORITY}; 0 is the highest.
 */
final class TaskPriorityRule implements Rule {

    private static final String VARIABLE = "CUDA_TASK_PRIORITY";
    /** Whole numbers, including the form to which Kubernetes rewrites them: 1000 arrives as {@code 1k}. */
    private static final Pattern PRIORITY = Pattern.compile("[0-9]{1,6}k?");

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
        String written = value.asText("");
        if (!PRIORITY.matcher(written).matches()) {
            return deny(container, resource, value);
        }
        String priority =
                new Quantity(written).getNumericalAmount().toBigIntegerExact().toString();
        return Opinion.change(new Edit.PutEnvironment(container.path(), VARIABLE, priority));
    }

    private static Opinion deny(PodContainer container, String resource, JsonNode value) {
        return Opinion.deny(
                Denial.Code.INVALID,
                "container %s: %s is %s; write a whole number, 0 for the highest priority"
                        .formatted(container.name(), resource, value.asText("")));
    }
}
