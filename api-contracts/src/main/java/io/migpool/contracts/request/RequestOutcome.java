package io.migpool.contracts.request;

import java.util.List;
import java.util.stream.Collectors;

/** What the parser found in a pod. */
public sealed interface RequestOutcome {

    /** The pod wants no GPU. */
    record NoRequest() implements RequestOutcome {}

    /**
     * The pod wants GPUs.
     *
     * @param request what it wants
     */
    record Accepted(PodGpuRequest request) implements RequestOutcome {}

    /**
     * The pod wants something that cannot be given anywhere.
     *
     * @param problems every problem found, at least one
     */
    record Rejected(List<RequestProblem> problems) implements RequestOutcome {
        public Rejected {
            problems = List.copyOf(problems);
        }

        /** All problems in one line. */
        public String message() {
            return problems.stream().map(RequestProblem::message).collect(Collectors.joining("; "));
        }
    }
}
