package io.migpool.testbed.apiserver.cel;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.testbed.apiserver.cel.CelEnvironment.Result;
import io.migpool.testbed.apiserver.cel.CelExpression.CelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every verdict is that of the compiler of Kubernetes 1.30. */
class CelEnvironmentTest {
    private final CelEnvironment policy = CelEnvironment.admission()
            .withVariables()
            .withVariable("one", "1")
            .withVariable("names", "object.spec.containers.map(c, 'a')")
            .withVariable("labels", "object.metadata.labels")
            .withVariable("user", "request.userInfo")
            .withVariable("wrong", "object.(");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "variables.one == 1",
                "variables.names.all(name, name.startsWith('a'))",
                "variables.labels == {} && variables.wrong == 'a'",
                "variables.user.anything == 'a'",
                "has(request.userInfo.extra) && 'a' in request.userInfo.extra",
                "request.userInfo.?extra[?'node'][?0].orValue('') == 'a'",
                "request.options.anything == 'a'",
                "request.kind.kind == 'Pod' && request.resource.resource == 'pods' && request.dryRun",
                "namespaceObject.metadata.labels['a'] == 'b'",
                "namespaceObject.status.conditions.exists(c, c.type == 'a')",
                "object.spec.containers.exists(c, c.ready)",
                "object == oldObject",
                "'a-b'.split('-').join(', ') == 'a, b'",
                "sets.contains([1], [1])",
                "'a'.matches('a+') && timestamp('2024-01-01T00:00:00Z') > timestamp('2023-01-01T00:00:00Z')",
                "optional.of(1).hasValue()",
                "object.?metadata.?labels.hasValue()",
                "1 < 2.0"
            })
    void takesWhatKubernetesTakes(String expression) {
        assertThatCode(() -> policy.check(expression, Result.BOOL)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            variables.two == 1                                  | undefined field 'two'
            variables.one == 'a'                                | found no matching overload
            request.nosuch == 1                                 | undefined field 'nosuch'
            request.object.metadata.name == 'a'                 | undefined field 'object'
            request.userInfo.name == 'a'                        | undefined field 'name'
            namespaceObject.metadata.nosuch == 'a'              | undefined field 'nosuch'
            params == null                                      | undeclared reference to 'params'
            [1, 'a'].size() == 2                                | expected type 'int' but found 'string'
            {'a': 1, 'b': 'c'}.size() == 2                      | expected type 'int' but found 'string'
            'a'.matches('(')                                    | compilation failed
            timestamp('x') == timestamp('y')                    | compilation failed
            duration('x') == duration('y')                      | compilation failed
            [3, 1].sort() == [1, 3]                             | undeclared reference to 'sort'
            [1, 1].distinct() == [1]                            | undeclared reference to 'distinct'
            [1, 2].slice(0, 1) == [1]                           | undeclared reference to 'slice'
            [[1], [2]].flatten() == [1, 2]                      | undeclared reference to 'flatten'
            'abc'.reverse() == 'cba'                            | undeclared reference to 'reverse'
            1 == 1.0                                            | found no matching overload
            object.spec.flag                                    | must evaluate to bool but got dyn
            variables.one                                       | must evaluate to bool but got int
            variables.names                                     | must evaluate to bool but got list(string)
            """)
    void refusesWhatKubernetesRefuses(String expression, String why) {
        assertThatThrownBy(() -> policy.check(expression, Result.BOOL))
                .isInstanceOf(CelException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aMessageIsATextWhateverTheRequest() {
        assertThatCode(() -> policy.check("'a ' + object.metadata.name", Result.STRING))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> policy.check("object.metadata.name", Result.STRING))
                .hasMessage("must evaluate to string but got dyn");
    }

    @Test
    void anExpressionKnowsOnlyWhatIsDeclared() throws CelException {
        assertThatThrownBy(() -> CelEnvironment.admission().check("variables.one == 1", Result.BOOL))
                .hasMessageContaining("undeclared reference to 'variables'");
        assertThatThrownBy(() -> CelEnvironment.admission().withVariables().check("variables.one", Result.ANYTHING))
                .hasMessageContaining("undefined field 'one'");
        CelEnvironment.admission().withParams().check("params.anything == 1", Result.BOOL);
    }
}
