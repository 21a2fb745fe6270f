package io.migpool.testbed.apiserver.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypes;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.validator.CelValidator;
import dev.cel.validator.CelValidatorFactory;
import dev.cel.validator.validators.DurationLiteralValidator;
import dev.cel.validator.validators.RegexLiteralValidator;
import dev.cel.validator.validators.TimestampLiteralValidator;
import io.migpool.testbed.apiserver.cel.CelExpression.CelException;
import java.util.HashMap;
import java.util.Map;

/** What the expressions of a webhook configuration or a policy may use, and of which types that is; immutable. */
public final class CelEnvironment {
    private static final String VARIABLES = "variables";
    private static final CelEnvironment ADMISSION = new CelEnvironment(
            Map.of(
                    "object", SimpleType.DYN,
                    "oldObject", SimpleType.DYN,
                    "request", AdmissionTypes.REQUEST,
                    "namespaceObject", AdmissionTypes.NAMESPACE),
            Map.of());

    /** By its name, what an expression can start from. */
    private final Map<String, CelType> names;

    private final Map<String, CelType> variables;
    private final CelCompiler compiler;
    private final CelValidator validator;

    private CelEnvironment(Map<String, CelType> names, Map<String, CelType> variables) {
        this.names = Map.copyOf(names);
        this.variables = Map.copyOf(variables);
        StructType fields = AdmissionTypes.variables(this.variables);
        CelCompilerBuilder builder = Dialect.compiler().setTypeProvider(new AdmissionTypes(fields));
        this.names.forEach((name, type) -> builder.addVar(name, name.equals(VARIABLES) ? fields : type));
        compiler = builder.build();
        validator = CelValidatorFactory.standardCelValidatorBuilder(compiler, Dialect.RUNTIME)
                .addAstValidators(
                        DurationLiteralValidator.INSTANCE,
                        TimestampLiteralValidator.INSTANCE,
                        RegexLiteralValidator.INSTANCE)
                .build();
    }

    /** What an expression has to yield. */
    public enum Result {
        /** Any value. */
        ANYTHING,
        /** A condition. */
        BOOL,
        /** A text. */
        STRING
    }

    /** Returns what every expression may use: the objects, the request and its namespace. */
    public static CelEnvironment admission() {
        return ADMISSION;
    }

    /** Returns this environment with {@code params}. */
    public CelEnvironment withParams() {
        return with("params", SimpleType.DYN);
    }

    /** Returns this environment with {@code variables}, of which none is declared. */
    public CelEnvironment withVariables() {
        return with(VARIABLES, SimpleType.DYN);
    }

    private CelEnvironment with(String name, CelType type) {
        Map<String, CelType> more = new HashMap<>(names);
        more.put(name, type);
        return new CelEnvironment(more, variables);
    }

    /** Returns this environment with a variable of the expression's type; a wrong expression may yield anything. */
    public CelEnvironment withVariable(String name, String expression) {
        CelType type;
        try {
            type = AdmissionTypes.ofVariable(compile(expression).getResultType());
        } catch (CelException e) {
            type = SimpleType.DYN;
        }
        Map<String, CelType> more = new HashMap<>(variables);
        more.put(name, type);
        return new CelEnvironment(names, more);
    }

    /**
     * Throws an exception that says what is wrong unless the expression compiles and is known to yield such a result.
     *
     * @param text the expression
     * @param result its result; for a condition or a text, what can be known only with a request is not enough
     */
    public void check(String text, Result result) throws CelException {
        CelType type = compile(text).getResultType();
        switch (result) {
            case ANYTHING -> {}
            case BOOL -> require(SimpleType.BOOL, type);
            case STRING -> require(SimpleType.STRING, type);
        }
    }

    private static void require(CelType wanted, CelType type) throws CelException {
        if (!type.equals(wanted)) {
            throw new CelException("must evaluate to " + CelTypes.format(wanted) + " but got " + CelTypes.format(type));
        }
    }

    private CelAbstractSyntaxTree compile(String text) throws CelException {
        try {
            return validator.validate(compiler.compile(text).getAst()).getAst();
        } catch (CelValidationException e) {
            throw new CelException("compilation failed: " + e.getMessage(), e);
        }
    }
}
