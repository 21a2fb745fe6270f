package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.List;

/** NetworkPolicies, which nobody enforces. */
final class NetworkPolicyStrategy implements KindStrategy {

    @Override
    public void defaults(ObjectNode object) {
        ObjectNode spec = Json.child(object, "spec");
        for (String direction : List.of("ingress", "egress")) {
            Json.objects(spec, direction).forEach(rule -> Json.objects(rule, "ports")
                    .forEach(port -> Json.putIfAbsent(port, "protocol", "TCP")));
        }
        if (Json.items(spec, "policyTypes").isEmpty()) {
            ArrayNode types = spec.putArray("policyTypes").add("Ingress");
            if (!Json.items(spec, "egress").isEmpty()) {
                types.add("Egress");
            }
        }
    }

    @Override
    public List<FieldError> validate(ObjectNode object) {
        List<FieldError> errors = new ArrayList<>(
                LabelSelectorErrors.of("spec.podSelector", object.path("spec").path("podSelector")));
        for (String direction : List.of("ingress", "egress")) {
            int rule = 0;
            for (ObjectNode each : Json.objects(object, "spec", direction)) {
                ports("spec." + direction + "[" + rule++ + "].ports", Json.objects(each, "ports"), errors);
            }
        }
        return errors;
    }

    private static void ports(String path, List<ObjectNode> ports, List<FieldError> errors) {
        for (int i = 0; i < ports.size(); i++) {
            if (ports.get(i).path("port").isIntegralNumber()) {
                FieldError.port(path + "[" + i + "].port", Json.number(ports.get(i), 0, "port"), errors);
            }
        }
    }
}
