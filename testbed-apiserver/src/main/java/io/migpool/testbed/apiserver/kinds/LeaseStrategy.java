package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.List;

/** The numbers of Leases. */
final class LeaseStrategy implements KindStrategy {

    @Override
    public List<FieldError> validate(ObjectNode lease) {
        List<FieldError> errors = new ArrayList<>();
        long seconds = Json.number(lease, 1, "spec", "leaseDurationSeconds");
        long transitions = Json.number(lease, 0, "spec", "leaseTransitions");
        if (seconds <= 0) {
            errors.add(FieldError.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0"));
        }
        if (transitions < 0) {
            errors.add(FieldError.invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0"));
        }
        return errors;
    }
}
