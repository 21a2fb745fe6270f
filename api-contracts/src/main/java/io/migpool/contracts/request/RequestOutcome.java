package io.migpool.contracts.request;

import java.util.List;
import java.util.stream.Collectors;

/** Outcome of parsing a pod. */
public sealed interface RequestOutcome {

    /** The pod requests no GPU. */
    record NoRequest() implements RequestOutcome {}

    /** The pod requests GPUs. */
    record Accepted(PodGpuRequest request) implements RequestOutcome {}

    /**
     * The pod's request is invalid: no node could satisfy it.
     *
     * @param problems every problem found, at least one
     */
    record Rejected(List<RequestProblem> problems) implements RequestOutcome {
        public Rejected {
            problems = List.copyOf(problems);
        }

        /** Returns all problems in one line. */
        public String message() {
            return problems.stream().map(RequestProblem::message).collect(Collectors.joining("; "));
        }
    }
}
