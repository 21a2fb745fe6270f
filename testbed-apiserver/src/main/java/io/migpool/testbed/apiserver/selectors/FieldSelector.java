package io.migpool.testbed.apiserver.selectors;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.EventConversion;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Field selectors: each resource supports a few fields and rejects all others. */
public final class FieldSelector {
    private static final String NAME_TERM = "metadata.name=";
    private static final Set<String> EVERYWHERE = Set.of("metadata.name", "metadata.namespace");
    private static final Set<String> EVENT_FIELDS = Set.of(
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type");
    private static final Map<String, Set<String>> BY_PLURAL = Map.of(
            "pods",
            Set.of(
                    "spec.nodeName",
                    "spec.restartPolicy",
                    "spec.schedulerName",
                    "spec.serviceAccountName",
                    "spec.hostNetwork",
                    "status.phase",
                    "status.podIP",
                    "status.nominatedNodeName"),
            "nodes",
            Set.of("spec.unschedulable"),
            "namespaces",
            Set.of("status.phase"),
            "secrets",
            Set.of("type"),
            "services",
            Set.of("spec.clusterIP", "spec.type"),
            "jobs",
            Set.of("status.successful"),
            "events",
            EVENT_FIELDS);
    private static final Set<String> BOOLEANS = Set.of("spec.unschedulable", "spec.hostNetwork");

    private FieldSelector() {}

    private record Term(List<String> path, boolean equal, String value, boolean bool) {
        boolean matches(JsonNode object) {
            String found = Json.text(object, path.toArray(String[]::new));
            if (bool && found.isEmpty()) {
                found = "false";
            }
            return found.equals(value) == equal;
        }
    }

    /**
     * Parses the query parameter for objects of the given kind as they are stored; null or blank selects everything.
     */
    public static Selector parse(ResourceKind kind, @Nullable String text) {
        if (text == null || text.isBlank()) {
            return Selector.everything();
        }
        List<Term> terms = new ArrayList<>();
        for (String term : text.split(",", -1)) {
            if (!term.isBlank()) {
                terms.add(term(kind, term.strip()));
            }
        }
        return object -> terms.stream().allMatch(term -> term.matches(object));
    }

    /** Returns the object that a selector names by {@code metadata.name=}, if any. */
    public static Optional<String> namedObject(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .filter(term -> term.startsWith(NAME_TERM))
                .map(term -> term.substring(NAME_TERM.length()).replaceFirst("^=", ""))
                .filter(name -> !name.isEmpty())
                .findFirst();
    }

    private static Term term(ResourceKind kind, String text) {
        int operator = text.indexOf('=');
        if (operator < 1) {
            throw ApiException.badRequest("invalid selector: '" + text + "'; can't understand '" + text + "'");
        }
        boolean equal = text.charAt(operator - 1) != '!';
        String field = text.substring(0, equal ? operator : operator - 1);
        int valueStart = text.startsWith("==", operator) ? operator + 2 : operator + 1;
        String stored = EventConversion.storedField(kind, field);
        if (!EVERYWHERE.contains(stored)
                && !BY_PLURAL.getOrDefault(kind.plural(), Set.of()).contains(stored)) {
            throw ApiException.badRequest("field label not supported: " + field);
        }
        return new Term(path(stored), equal, text.substring(valueStart), BOOLEANS.contains(stored));
    }

    private static List<String> path(String field) {
        return switch (field) {
            case "reportingComponent" -> List.of("reportingComponent");
            case "source" -> List.of("source", "component");
            default -> List.of(field.split("\\.", -1));
        };
    }
}
