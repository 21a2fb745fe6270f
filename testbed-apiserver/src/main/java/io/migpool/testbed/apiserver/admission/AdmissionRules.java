package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.selectors.LabelSelector;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Matches requests against the rules and selectors of webhooks and policies. */
final class AdmissionRules {
    private static final String OWN_GROUP = "admissionregistration.k8s.io";

    private final ObjectStore store;

    AdmissionRules(ObjectStore store) {
        this.store = store;
    }

    /**
     * Returns whether one of the rules and both selectors match.
     *
     * @param constraints the object with {@code namespaceSelector} and {@code objectSelector}
     * @param rules the list of rules
     */
    boolean match(JsonNode constraints, List<JsonNode> rules, AdmissionRequest request) {
        return rules.stream().anyMatch(rule -> covers(rule, request)) && selectorsMatch(constraints, request);
    }

    /** Returns whether both selectors match; an absent selector matches everything. */
    boolean selectorsMatch(JsonNode constraints, AdmissionRequest request) {
        return namespaceMatches(constraints.path("namespaceSelector"), request)
                && objectMatches(constraints.path("objectSelector"), request);
    }

    /** Returns whether a single rule matches, ignoring selectors. */
    boolean covers(JsonNode rule, AdmissionRequest request) {
        ResourceKind kind = request.kind();
        List<String> names = Json.texts(rule, "resourceNames");
        // The admission configuration itself is exempt, so that it can always be repaired.
        return !kind.group().equals(OWN_GROUP)
                && contains(rule, "operations", request.operation().name())
                && contains(rule, "apiGroups", kind.group())
                && contains(rule, "apiVersions", kind.version())
                && Json.texts(rule, "resources").stream().anyMatch(pattern -> covers(pattern, request))
                && (names.isEmpty() || names.contains(request.key().name()))
                && scopeMatches(Json.text(rule, "scope"), request);
    }

    private static boolean contains(JsonNode rule, String list, String value) {
        List<String> values = Json.texts(rule, list);
        return values.contains("*") || values.contains(value);
    }

    private static boolean covers(String pattern, AdmissionRequest request) {
        int slash = pattern.indexOf('/');
        String resource = slash < 0 ? pattern : pattern.substring(0, slash);
        String subresource = slash < 0 ? "" : pattern.substring(slash + 1);
        boolean resourceFits =
                resource.equals("*") || resource.equals(request.kind().plural());
        boolean subresourceFits = subresource.equals(request.subresource()) || subresource.equals("*");
        return resourceFits && subresourceFits;
    }

    private static boolean scopeMatches(String scope, AdmissionRequest request) {
        return switch (scope) {
            case "Namespaced" -> request.kind().namespaced();
            case "Cluster" -> !request.kind().namespaced();
            default -> true;
        };
    }

    private boolean namespaceMatches(JsonNode selector, AdmissionRequest request) {
        if (selector.isEmpty()) {
            return true;
        }
        if (request.kind().equals(ResourceKinds.NAMESPACES)) {
            return LabelSelector.of(selector).matches(labels(request.subject()));
        }
        if (!request.kind().namespaced()) {
            return true;
        }
        Optional<ObjectNode> namespace = namespace(request);
        return namespace.isPresent() && LabelSelector.of(selector).matches(labels(namespace.get()));
    }

    private static boolean objectMatches(JsonNode selector, AdmissionRequest request) {
        if (selector.isEmpty()) {
            return true;
        }
        LabelSelector labels = LabelSelector.of(selector);
        ObjectNode object = request.object();
        ObjectNode oldObject = request.oldObject();
        return (object != null && labels.matches(labels(object)))
                || (oldObject != null && labels.matches(labels(oldObject)));
    }

    /** Returns the Namespace object of a request. */
    Optional<ObjectNode> namespace(AdmissionRequest request) {
        return store.get(
                new ObjectKey(ResourceKinds.NAMESPACES, "", request.key().namespace()));
    }

    private static Map<String, String> labels(ObjectNode object) {
        return Json.strings(object, "metadata", "labels");
    }
}
