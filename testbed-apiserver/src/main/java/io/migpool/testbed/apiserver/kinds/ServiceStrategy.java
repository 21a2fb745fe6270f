package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.List;

/** Services, whose addresses nobody allocates. */
final class ServiceStrategy implements KindStrategy {

    @Override
    public void defaults(ObjectNode object) {
        ObjectNode spec = Json.child(object, "spec");
        Json.putIfAbsent(spec, "type", "ClusterIP");
        Json.putIfAbsent(spec, "sessionAffinity", "None");
        for (ObjectNode port : Json.objects(spec, "ports")) {
            Json.putIfAbsent(port, "protocol", "TCP");
            if (!Json.has(port, "targetPort") && Json.has(port, "port")) {
                port.set("targetPort", port.get("port"));
            }
        }
    }

    @Override
    public void prepareCreate(ObjectNode object) {
        object.putObject("status").putObject("loadBalancer");
    }

    @Override
    public List<FieldError> validate(ObjectNode object) {
        List<FieldError> errors = new ArrayList<>();
        List<ObjectNode> ports = Json.objects(object, "spec", "ports");
        boolean withoutPorts = Json.text(object, "spec", "type").equals("ExternalName")
                || Json.text(object, "spec", "clusterIP").equals("None");
        if (ports.isEmpty() && !withoutPorts) {
            errors.add(FieldError.required("spec.ports", ""));
        }
        for (int i = 0; i < ports.size(); i++) {
            String path = "spec.ports[" + i + "]";
            long port = Json.number(ports.get(i), 0, "port");
            if (ports.size() > 1 && Json.text(ports.get(i), "name").isEmpty()) {
                errors.add(FieldError.required(path + ".name", ""));
            }
            FieldError.port(path + ".port", port, errors);
        }
        return errors;
    }
}
