package io.migpool.contracts.request;

/**
 * Why a request is invalid.
 *
 * @param field the resource name
 * @param value the value as the pod has it
 * @param remedy what would be right
 */
public record RequestProblem(String container, String field, String value, String remedy) {

    /** Returns the problem as one sentence. */
    public String message() {
        return "container %s: %s is %s; %s".formatted(container, field, value, remedy);
    }
}
