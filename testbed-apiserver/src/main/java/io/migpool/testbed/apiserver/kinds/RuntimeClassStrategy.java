package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.List;

/** RuntimeClasses. */
final class RuntimeClassStrategy implements KindStrategy {

    @Override
    public List<FieldError> validate(ObjectNode object) {
        String handler = Json.text(object, "handler");
        return Names.isLabel(handler) ? List.of() : List.of(FieldError.invalid("handler", handler, Names.LABEL_RULE));
    }
}
