package io.migpool.testbed.apiserver.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.NullValue;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelOptionalLibrary;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A CEL expression as used in admission: over {@code object}, {@code oldObject}, {@code request} and the like. */
public final class CelExpression {
    private static final List<String> NAMES =
            List.of("object", "oldObject", "request", "namespaceObject", "params", "variables");
    private static final CelOptions OPTIONS =
            CelOptions.current().enableHeterogeneousNumericComparisons(true).build();
    private static final CelCompiler COMPILER = compiler();
    private static final CelRuntime RUNTIME = CelRuntimeFactory.standardCelRuntimeBuilder()
            .setOptions(OPTIONS)
            .addLibraries(
                    CelOptionalLibrary.INSTANCE,
                    CelExtensions.strings(),
                    CelExtensions.lists(),
                    CelExtensions.sets(OPTIONS))
            .build();

    private final String text;
    private final CelRuntime.Program program;

    private CelExpression(String text, CelRuntime.Program program) {
        this.text = text;
        this.program = program;
    }

    /** What an expression has to yield. */
    public enum Result {
        /** Any value. */
        ANYTHING,
        /** A condition. */
        BOOL,
        /** A text. */
        STRING;

        private boolean allows(CelType type) {
            // The type of what depends on an object or a variable is known only when it is evaluated.
            return switch (this) {
                case ANYTHING -> true;
                case BOOL -> type.equals(SimpleType.BOOL) || type.equals(SimpleType.DYN);
                case STRING -> type.equals(SimpleType.STRING) || type.equals(SimpleType.DYN);
            };
        }
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
        CelCompilerBuilder builder = CelCompilerFactory.standardCelCompilerBuilder()
                .setOptions(OPTIONS)
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .addLibraries(
                        CelOptionalLibrary.INSTANCE,
                        CelExtensions.strings(),
                        CelExtensions.lists(),
                        CelExtensions.sets(OPTIONS));
        NAMES.forEach(name -> builder.addVar(name, SimpleType.DYN));
        return builder.build();
    }

    /**
     * Throws an exception with the compiler's message unless the expression compiles, can yield such a result, and uses
     * none of these variables.
     */
    public static void check(String text, Result result, Set<String> absent) throws CelException {
        CelAbstractSyntaxTree tree;
        try {
            tree = COMPILER.compile(text).getAst();
        } catch (CelValidationException e) {
            throw new CelException("compilation failed: " + e.getMessage(), e);
        }
        for (var reference : tree.getReferenceMap().values()) {
            if (absent.contains(reference.name())) {
                throw new CelException(
                        "compilation failed: undeclared reference to '" + reference.name() + "' (in container '')");
            }
        }
        if (!result.allows(tree.getResultType())) {
            throw new CelException("must evaluate to " + result.name().toLowerCase(Locale.ROOT));
        }
    }

    /** Compiles an expression; throws an exception with the compiler's message if it is wrong. */
    public static CelExpression compile(String text) throws CelException {
        try {
            return new CelExpression(
                    text, RUNTIME.createProgram(COMPILER.compile(text).getAst()));
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
