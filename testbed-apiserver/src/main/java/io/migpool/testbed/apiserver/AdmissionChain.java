package io.migpool.testbed.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** All admission steps in their order. */
final class AdmissionChain implements Admission {
    private final List<Admission> steps;

    AdmissionChain(List<Admission> steps) {
        this.steps = List.copyOf(steps);
    }

    @Override
    public ObjectNode mutate(AdmissionRequest request) {
        AdmissionRequest current = request;
        for (Admission step : steps) {
            current = current.withObject(step.mutate(current));
        }
        return current.subject();
    }

    @Override
    public void validate(AdmissionRequest request) {
        steps.forEach(step -> step.validate(request));
    }
}
