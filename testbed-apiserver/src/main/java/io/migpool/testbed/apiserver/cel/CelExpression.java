package io.migpool.testbed.apiserver.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.NullValue;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A CEL expression about a request: over {@code object}, {@code oldObject}, {@code request} and the like. */
public final class CelExpression {
    private static final List<String> NAMES =
            List.of("object", "oldObject", "request", "namespaceObject", "params", "variables");
    /** Knows no types: what is evaluated was checked when it was written. */
    private static final CelCompiler COMPILER = compiler();

    private final String text;
    private final CelRuntime.Program program;

    private CelExpression(String text, CelRuntime.Program program) {
        this.text = text;
        this.program = program;
    }

    /** An expression that cannot be compiled or evaluated. */
    public static final class CelException extends Exception {
        private static final long serialVersionUID = 1L;

        private final String message;

        CelException(String message) {
            super(message);
            this.message = message;
        }

        CelException(String message, Throwable cause) {
            super(message, cause);
            this.message = message;
        }

        /** Returns the message of the compiler or the evaluation. */
        public String message() {
            return message;
        }
    }

    private static CelCompiler compiler() {
        CelCompilerBuilder builder = Dialect.compiler();
        NAMES.forEach(name -> builder.addVar(name, SimpleType.DYN));
        return builder.build();
    }

    /** Compiles an expression; throws an exception with the compiler's message if it is wrong. */
    public static CelExpression compile(String text) throws CelException {
        try {
            return new CelExpression(
                    text, Dialect.RUNTIME.createProgram(COMPILER.compile(text).getAst()));
        } catch (CelValidationException | CelEvaluationException e) {
            throw new CelException("compilation failed: " + e.getMessage(), e);
        }
    }

    /** Returns the expression's value; throws an exception if the evaluation fails. */
    public Object evaluate(Map<String, Object> variables) throws CelException {
        try {
            return program.eval(variables);
        } catch (CelEvaluationException e) {
            throw new CelException("expression '" + text + "' resulted in error: " + e.getMessage(), e);
        }
    }

    /** Returns the value of a boolean expression; throws an exception for any other value. */
    public boolean isTrue(Map<String, Object> variables) throws CelException {
        return Boolean.TRUE.equals(evaluate(variables));
    }

    /** Returns a JSON tree as CEL sees it. */
    public static Object value(@Nullable JsonNode node) {
        return switch (node) {
            case null -> NullValue.NULL_VALUE;
            case ObjectNode object -> {
                Map<String, Object> map = new LinkedHashMap<>();
                object.properties().forEach(field -> map.put(field.getKey(), value(field.getValue())));
                yield map;
            }
            case ArrayNode array -> {
                List<Object> list = new ArrayList<>();
                array.forEach(item -> list.add(value(item)));
                yield list;
            }
            case JsonNode leaf when leaf.isBoolean() -> leaf.asBoolean();
            case JsonNode leaf when leaf.isIntegralNumber() -> leaf.asLong();
            case JsonNode leaf when leaf.isNumber() -> leaf.asDouble();
            case JsonNode leaf when leaf.isNull() -> NullValue.NULL_VALUE;
            case JsonNode leaf -> leaf.asText();
        };
    }
}
