package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import java.util.List;
import java.util.Map;

/** The defaults that the decoder of {@code core/v1} fills into a pod specification. */
final class PodDefaults {
    private static final Map<String, Integer> VOLUMES_WITH_MODE =
            Map.of("secret", 0644, "configMap", 0644, "projected", 0644, "downwardAPI", 0644);

    private PodDefaults() {}

    static void apply(ObjectNode spec) {
        Json.putIfAbsent(spec, "restartPolicy", "Always");
        Json.putIfAbsent(spec, "dnsPolicy", "ClusterFirst");
        Json.putIfAbsent(spec, "schedulerName", "default-scheduler");
        Json.putIfAbsent(spec, "terminationGracePeriodSeconds", 30);
        Json.child(spec, "securityContext");
        if (Json.text(spec, "nodeName").isEmpty()) {
            spec.remove("nodeName");
        }
        serviceAccount(spec);
        Json.objects(spec, "initContainers").forEach(PodDefaults::container);
        Json.objects(spec, "containers").forEach(PodDefaults::container);
        Json.objects(spec, "volumes").forEach(PodDefaults::volume);
    }

    /** Makes the old and the new name of one field hold the same value. */
    private static void serviceAccount(ObjectNode spec) {
        String name = Json.text(spec, "serviceAccountName");
        String old = Json.text(spec, "serviceAccount");
        if (!name.isEmpty() || !old.isEmpty()) {
            String account = name.isEmpty() ? old : name;
            spec.put("serviceAccountName", account).put("serviceAccount", account);
        }
    }

    private static void container(ObjectNode container) {
        Json.putIfAbsent(container, "terminationMessagePath", "/dev/termination-log");
        Json.putIfAbsent(container, "terminationMessagePolicy", "File");
        Json.putIfAbsent(container, "imagePullPolicy", pullPolicy(Json.text(container, "image")));
        ObjectNode resources = Json.child(container, "resources");
        if (Json.at(resources, "limits") instanceof ObjectNode limits) {
            ObjectNode requests = Json.child(resources, "requests");
            limits.properties().forEach(limit -> {
                if (!requests.has(limit.getKey())) {
                    requests.set(limit.getKey(), limit.getValue());
                }
            });
            if (requests.isEmpty()) {
                resources.remove("requests");
            }
        }
        Json.objects(container, "ports").forEach(port -> Json.putIfAbsent(port, "protocol", "TCP"));
        for (ObjectNode variable : Json.objects(container, "env")) {
            if (Json.at(variable, "valueFrom", "fieldRef") instanceof ObjectNode reference) {
                Json.putIfAbsent(reference, "apiVersion", "v1");
            }
        }
        for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
            if (Json.at(container, probe) instanceof ObjectNode node) {
                probe(node);
            }
        }
    }

    private static void probe(ObjectNode probe) {
        Json.putIfAbsent(probe, "timeoutSeconds", 1);
        Json.putIfAbsent(probe, "periodSeconds", 10);
        Json.putIfAbsent(probe, "successThreshold", 1);
        Json.putIfAbsent(probe, "failureThreshold", 3);
        if (Json.at(probe, "httpGet") instanceof ObjectNode get) {
            Json.putIfAbsent(get, "path", "/");
            Json.putIfAbsent(get, "scheme", "HTTP");
        }
    }

    private static String pullPolicy(String image) {
        String last = image.substring(image.lastIndexOf('/') + 1);
        boolean floating = !last.contains("@") && (!last.contains(":") || last.endsWith(":latest"));
        return floating ? "Always" : "IfNotPresent";
    }

    private static void volume(ObjectNode volume) {
        VOLUMES_WITH_MODE.forEach((source, mode) -> {
            if (Json.at(volume, source) instanceof ObjectNode node) {
                Json.putIfAbsent(node, "defaultMode", mode);
            }
        });
        if (Json.at(volume, "hostPath") instanceof ObjectNode hostPath && !Json.has(hostPath, "type")) {
            hostPath.put("type", "");
        }
        if (volume.size() == 1 && volume.has("name")) {
            volume.putObject("emptyDir");
        }
    }
}
