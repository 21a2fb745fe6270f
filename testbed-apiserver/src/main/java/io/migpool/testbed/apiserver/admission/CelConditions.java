package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.cel.CelExpression;
import io.migpool.testbed.apiserver.model.Json;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Evaluates the expressions of webhooks and policies about a request. */
final class CelConditions {
    private static final int KEPT = 256;

    /** Guards compiled. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<String, CelExpression> compiled = new LinkedHashMap<>(KEPT, 0.75f, true);
    private final AdmissionRules rules;

    CelConditions(AdmissionRules rules) {
        this.rules = rules;
    }

    /** Returns the variables for a policy's expressions about a request, apart from its match conditions. */
    Map<String, Object> variables(AdmissionRequest request, List<JsonNode> definitions) {
        Map<String, Object> variables = withoutNamespace(request);
        variables.put(
                "namespaceObject", CelExpression.value(rules.namespace(request).orElse(null)));
        variables.put("variables", new Definitions(definitions, variables));
        return variables;
    }

    private static Map<String, Object> withoutNamespace(AdmissionRequest request) {
        ObjectNode question = Json.child(AdmissionReview.question("", request), "request");
        question.remove(List.of("uid", "object", "oldObject"));
        Map<String, Object> variables = new HashMap<>();
        variables.put("object", CelExpression.value(request.object()));
        variables.put("oldObject", CelExpression.value(request.oldObject()));
        variables.put("request", CelExpression.value(question));
        variables.put("namespaceObject", CelExpression.value(null));
        variables.put("params", CelExpression.value(null));
        return variables;
    }

    /**
     * Returns whether all {@code matchConditions} hold. If one is false, the answer is false even if another cannot be
     * evaluated. They see no {@code namespaceObject} (k8s.io/apiserver, pkg/admission/plugin/webhook/matchconditions).
     */
    boolean hold(List<JsonNode> matchConditions, AdmissionRequest request) throws CelExpression.CelException {
        if (matchConditions.isEmpty()) {
            return true;
        }
        Map<String, Object> variables = withoutNamespace(request);
        CelExpression.@Nullable CelException failure = null;
        for (JsonNode condition : matchConditions) {
            try {
                if (!expression(Json.text(condition, "expression")).isTrue(variables)) {
                    return false;
                }
            } catch (CelExpression.CelException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return true;
    }

    CelExpression expression(String text) throws CelExpression.CelException {
        lock.lock();
        try {
            CelExpression known = compiled.get(text);
            if (known != null) {
                return known;
            }
            CelExpression expression = CelExpression.compile(text);
            compiled.put(text, expression);
            if (compiled.size() > KEPT) {
                compiled.remove(compiled.keySet().iterator().next());
            }
            return expression;
        } finally {
            lock.unlock();
        }
    }

    /** A policy's {@code variables}: each is evaluated at most once, when an expression uses it. */
    private final class Definitions extends AbstractMap<String, Object> {
        private final Map<String, String> expressions = new LinkedHashMap<>();
        private final Map<String, Object> known = new HashMap<>();
        private final Map<String, Object> variables;

        Definitions(List<JsonNode> definitions, Map<String, Object> variables) {
            definitions.forEach(
                    definition -> expressions.put(Json.text(definition, "name"), Json.text(definition, "expression")));
            this.variables = variables;
        }

        @Override
        public boolean containsKey(@Nullable Object key) {
            return expressions.containsKey(key);
        }

        @Override
        public @Nullable Object get(@Nullable Object key) {
            String text = expressions.get(key);
            if (text == null) {
                return null;
            }
            String name = String.valueOf(key);
            if (!known.containsKey(name)) {
                try {
                    known.put(name, expression(text).evaluate(variables));
                } catch (CelExpression.CelException e) {
                    throw new IllegalArgumentException("composited variable \"" + name + "\": " + e.getMessage(), e);
                }
            }
            return known.get(name);
        }

        @Override
        public Set<Entry<String, Object>> entrySet() {
            Set<Entry<String, Object>> entries = new HashSet<>();
            for (String name : expressions.keySet()) {
                Object value = get(name);
                if (value != null) {
                    entries.add(Map.entry(name, value));
                }
            }
            return entries;
        }
    }
}
