package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicy;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBinding;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is wrong in a webhook configuration or a policy is refused when it is written. Every case replaces one part of
 * something right.
 */
@ExtendWith(Subject.Provider.class)
class AdmissionConfigurationConformanceTest {

    private static final Pattern KIND = Pattern.compile("\"kind\": \"(\\w+)\"");
    private static final String MUTATING = "MutatingWebhookConfiguration";
    private static final String WEBHOOK = """
            {"name": "pods.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", \
            "failurePolicy": "Fail", "matchPolicy": "Exact", "timeoutSeconds": 5, \
            "clientConfig": {"url": "https://127.0.0.1:1/webhook"}, \
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "NAME"}}, \
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}], \
            "matchConditions": [{"name": "always", "expression": "object != null"}]}\
            """;
    private static final String WEBHOOKS = """
            {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "KIND", "metadata": {"name": "NAME"}, \
            "webhooks": [%s]}\
            """.formatted(WEBHOOK);
    private static final String POLICY = """
            {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", \
            "metadata": {"name": "NAME"}, "spec": {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": [\
            {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}, \
            "matchConditions": [{"name": "always", "expression": "object != null"}], \
            "variables": [{"name": "one", "expression": "1"}], \
            "validations": [{"expression": "variables.one == 1", "message": "never", "reason": "Forbidden"}]}}\
            """;
    private static final String BINDING = """
            {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", \
            "metadata": {"name": "NAME"}, "spec": {"policyName": "nobody", "validationActions": ["Deny"], \
            "matchResources": {"objectSelector": {"matchLabels": {"a": "b"}}}}}\
            """;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "pods.example.com"          | ""                        | name | Required |
            "pods.example.com"          | "pods.com"                | name | Invalid | at least three segments
            "pods.example.com"          | "PODS.example.com"        | name | Invalid | RFC 1123 subdomain
            "sideEffects": "None",      | nothing                      | sideEffects | Required | None, NoneOnDryRun
            "None"                      | "Some"                    | sideEffects | NotSupported | "None", "NoneOnDryRun"
            ["v1"], "side               | [], "side                 | admissionReviewVersions | Required | v1, v1beta1
            ["v1"], "side               | ["v9"], "side             | admissionReviewVersions | Invalid | v1, v1beta1
            ["v1"], "side               | ["v1", "v1"], "side       | admissionReviewVersions[1] | Invalid | duplicate version
            "Fail"                      | "Maybe"                   | failurePolicy | NotSupported | "Fail", "Ignore"
            "Exact"                     | "Roughly"                 | matchPolicy | NotSupported | "Equivalent", "Exact"
            "timeoutSeconds": 5         | "timeoutSeconds": 0       | timeoutSeconds | Invalid | between 1 and 30 seconds
            "timeoutSeconds": 5         | "timeoutSeconds": 31      | timeoutSeconds | Invalid | between 1 and 30 seconds
            "url":                      | "none":                   | clientConfig | Required | exactly one of url or service
            "url":                      | "service": {}, "url":     | clientConfig | Required | exactly one of url or service
            https:                      | http:                     | clientConfig.url | Invalid | 'https' is the only allowed URL scheme
            /webhook"                   | /webhook?a=b"             | clientConfig.url | Invalid | query parameters
            /webhook"                   | /webhook#a"               | clientConfig.url | Invalid | fragments
            {"kubernetes.io/meta        | {"not a key": "a", "kubernetes.io/meta | namespaceSelector.matchLabels | Invalid | name part must consist of
            "NAME"}}, "rules            | "not a value"}}, "rules   | namespaceSelector.matchLabels | Invalid | a valid label must be
            "NAME"}}, "rules            | "NAME"}, "matchExpressions": [{"key": "a", "operator": "Likes"}]}, "rules | namespaceSelector.matchExpressions[0].operator | Invalid | not a valid selector operator
            "rules"                     | "objectSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}, "rules" | objectSelector.matchExpressions[0].values | Required | 'In' or 'NotIn'
            "rules"                     | "objectSelector": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}, "rules" | objectSelector.matchExpressions[0].values | Forbidden | 'Exists' or 'DoesNotExist'
            "rules"                     | "objectSelector": {"matchExpressions": [{"key": "/a", "operator": "Exists"}]}, "rules" | objectSelector.matchExpressions[0].key | Invalid |
            "rules"                     | "objectSelector": {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b", "!"]}]}, "rules" | objectSelector.matchExpressions[0].values[1] | Invalid | a valid label must be
            "operations": ["CREATE"],   | nothing                      | rules[0].operations | Required |
            "CREATE"                    | "INVENT"                  | rules[0].operations[0] | NotSupported | "CREATE"
            "apiGroups": [""],          | nothing                      | rules[0].apiGroups | Required |
            "resources": ["pods"]       | "resources": []           | rules[0].resources | Required |
            ["pods"]                    | ["pods"], "scope": "Few"  | rules[0].scope | NotSupported | "Namespaced"
            "object != null"            | ""                        | matchConditions[0].expression | Required |
            "object != null"            | "object.("                | matchConditions[0].expression | Invalid | compilation failed
            "object != null"            | "1"                       | matchConditions[0].expression | Invalid | must evaluate to bool
            "object != null"            | "object.spec.flag"        | matchConditions[0].expression | Invalid | must evaluate to bool
            "object != null"            | "request.nosuch == 1"     | matchConditions[0].expression | Invalid | undefined field 'nosuch'
            "object != null"            | "request.object.a == 1"   | matchConditions[0].expression | Invalid | undefined field 'object'
            "object != null"            | "namespaceObject.a == 1"  | matchConditions[0].expression | Invalid | undefined field 'a'
            "object != null"            | "1 in [1, 'a']"           | matchConditions[0].expression | Invalid | expected type 'int' but found 'string'
            "object != null"            | "'a'.matches('(')"        | matchConditions[0].expression | Invalid | compilation failed
            "object != null"            | "params.on == 1"          | matchConditions[0].expression | Invalid | undeclared reference to 'params'
            "object != null"            | "variables.on == 1"       | matchConditions[0].expression | Invalid | undeclared reference to 'variables'
            "always"                    | ""                        | matchConditions[0].name | Required |
            "always"                    | "not a name"              | matchConditions[0].name | Invalid | alphanumeric characters
            """, quoteCharacter = '~')
    void aWrongWebhookIsRefused(
            String right, String wrong, String field, String reason, @Nullable String text, Subject subject) {
        if (field.startsWith("matchConditions")) {
            subject.needs(30, "a match condition");
        }
        if (field.endsWith("values[1]")) {
            subject.needs(27, "the check of a selector's values");
        }
        for (String kind : List.of(MUTATING, "ValidatingWebhookConfiguration")) {
            assertRefused(subject, WEBHOOKS.replace("KIND", kind), right, wrong, "webhooks[0]." + field, reason, text);
        }
    }

    @Test
    void theWebhooksOfAConfigurationHaveDifferentNames(Subject subject) {
        assertRefused(
                subject,
                WEBHOOKS.replace("KIND", MUTATING),
                WEBHOOK,
                WEBHOOK + ", " + WEBHOOK,
                "webhooks[1].name",
                "Duplicate",
                "pods.example.com");
    }

    @Test
    void aMutatingWebhookIsInvokedAgainOnlyInKnownWays(Subject subject) {
        assertRefused(
                subject,
                WEBHOOKS.replace("KIND", MUTATING),
                "\"sideEffects\"",
                "\"reinvocationPolicy\": \"Often\", \"sideEffects\"",
                "webhooks[0].reinvocationPolicy",
                "NotSupported",
                "\"IfNeeded\", \"Never\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "Fail"                  | "Maybe"                       | failurePolicy | NotSupported | "Fail", "Ignore"
            "Fail"                  | "Fail", "paramKind": {"kind": "A"} | paramKind.apiVersion | Required |
            "Fail"                  | "Fail", "paramKind": {"kind": "A", "apiVersion": "a/b/c"} | paramKind.apiVersion | Invalid | GroupVersion
            "Fail"                  | "Fail", "paramKind": {"apiVersion": "v1"} | paramKind.kind | Required |
            "matchConstraints":     | "none":                       | matchConstraints | Required |
            "resourceRules":        | "none":                       | matchConstraints.resourceRules | Required |
            "CREATE"                | "INVENT"                      | matchConstraints.resourceRules[0].operations[0] | NotSupported | "CREATE"
            ["pods"]                | ["pods"], "resourceNames": ["a", ".."] | matchConstraints.resourceRules[0].resourceNames[1] | Invalid | may not be '..'
            ["pods"]                | ["pods"], "resourceNames": ["a/b"] | matchConstraints.resourceRules[0].resourceNames[0] | Invalid | may not contain '/'
            ["pods"]                | ["pods"], "resourceNames": ["a", "a"] | matchConstraints.resourceRules[0].resourceNames[1] | Duplicate | a
            "resourceRules"         | "namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Likes"}]}, "resourceRules" | matchConstraints.namespaceSelector.matchExpressions[0].operator | Invalid | not a valid selector operator
            "object != null"        | "object.("                    | matchConditions[0].expression | Invalid | compilation failed
            "object != null"        | "variables.one == 1"          | matchConditions[0].expression | Invalid | undeclared reference to 'variables'
            "one"                   | ""                            | variables[0].name | Required | name is not specified
            "one"                   | "1st"                         | variables[0].name | Invalid | not a valid CEL identifier
            "1"                     | ""                            | variables[0].expression | Required | expression is not specified
            "1"                     | "1 +"                         | variables[0].expression | Invalid | compilation failed
            "1"                     | "variables.one"               | variables[0].expression | Invalid | undefined field 'one'
            "validations":          | "none":                       | validations | Required | at least one item
            "validations":          | "none":                       | auditAnnotations | Required | at least one item
            "variables.one == 1"    | ""                            | validations[0].expression | Required | expression is not specified
            "variables.one == 1"    | "variables.("                 | validations[0].expression | Invalid | compilation failed
            "variables.one == 1"    | "'one'"                       | validations[0].expression | Invalid | must evaluate to bool
            "variables.one == 1"    | "variables.one"               | validations[0].expression | Invalid | must evaluate to bool
            "variables.one == 1"    | "object.metadata.name"        | validations[0].expression | Invalid | must evaluate to bool
            "variables.one == 1"    | "variables.two == 1"          | validations[0].expression | Invalid | undefined field 'two'
            "variables.one == 1"    | "variables.one == 'a'"        | validations[0].expression | Invalid | found no matching overload
            "variables.one == 1"    | "params.one == 1"             | validations[0].expression | Invalid | undeclared reference to 'params'
            "never"                 | "two\\nlines"                 | validations[0].message | Invalid | must not contain line breaks
            "never"                 | "a", "messageExpression": "1" | validations[0].messageExpression | Invalid | must evaluate to string
            "never"                 | "a", "messageExpression": "object.metadata.name" | validations[0].messageExpression | Invalid | must evaluate to string
            "Forbidden"             | "Teapot"                      | validations[0].reason | NotSupported | "Forbidden", "Invalid"
            """, quoteCharacter = '~')
    void aWrongPolicyIsRefused(
            String right, String wrong, String field, String reason, @Nullable String text, Subject subject) {
        subject.needs(30, "a ValidatingAdmissionPolicy");
        assertRefused(subject, POLICY, right, wrong, "spec." + field, reason, text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "nobody"    | ""                    | policyName | Required |
            "nobody"    | "No Body"             | policyName | Invalid | RFC 1123 subdomain
            ["Deny"]    | []                    | validationActions | Required | at least one validation action
            ["Deny"]    | ["Deny", "Warn"]      | validationActions | Invalid | must not contain both Deny and Warn
            ["Deny"]    | ["Audit", "Audit"]    | validationActions[1] | Duplicate | Audit
            ["Deny"]    | ["Shout"]             | validationActions[0] | NotSupported | "Audit", "Deny", "Warn"
            ["Deny"]    | ["Deny"], "paramRef": {"parameterNotFoundAction": "Deny"} | paramRef | Required | one of name or selector
            ["Deny"]    | ["Deny"], "paramRef": {"name": "a", "selector": {}, "parameterNotFoundAction": "Deny"} | paramRef.name | Forbidden | mutually exclusive
            ["Deny"]    | ["Deny"], "paramRef": {"name": "a"} | paramRef.parameterNotFoundAction | Required |
            "b"}}           | "not a value"}}       | matchResources.objectSelector.matchLabels | Invalid | a valid label must be
            "objectSelector": | "excludeResourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"], "resourceNames": ["a%b"]}], "objectSelector": | matchResources.excludeResourceRules[0].resourceNames[0] | Invalid | may not contain '%'
            "objectSelector": | "matchPolicy": "Roughly", "objectSelector": | matchResources.matchPolicy | NotSupported | "Equivalent", "Exact"
            """, quoteCharacter = '~')
    void aWrongBindingIsRefused(
            String right, String wrong, String field, String reason, @Nullable String text, Subject subject) {
        subject.needs(30, "a ValidatingAdmissionPolicyBinding");
        assertRefused(subject, BINDING, right, wrong, "spec." + field, reason, text);
    }

    @Test
    void whatARightWebhookLeavesOutIsFilledIn(Subject subject) {
        String sent = WEBHOOKS.replace("KIND", MUTATING)
                .replace("\"failurePolicy\": \"Fail\", \"matchPolicy\": \"Exact\", \"timeoutSeconds\": 5, ", "");
        MutatingWebhook stored = created(subject, sent, MutatingWebhookConfiguration.class)
                .getWebhooks()
                .getFirst();

        assertThat(stored.getFailurePolicy()).isEqualTo("Fail");
        assertThat(stored.getMatchPolicy()).isEqualTo("Equivalent");
        assertThat(stored.getReinvocationPolicy()).isEqualTo("Never");
        assertThat(stored.getTimeoutSeconds()).isEqualTo(10);
        assertThat(stored.getObjectSelector()).isNotNull();
        assertThat(stored.getRules().getFirst().getScope()).isEqualTo("*");
    }

    @Test
    void whatARightPolicyAndItsBindingLeaveOutIsFilledIn(Subject subject) {
        subject.needs(30, "a ValidatingAdmissionPolicy");
        var policy = created(
                        subject, POLICY.replace("\"failurePolicy\": \"Fail\", ", ""), ValidatingAdmissionPolicy.class)
                .getSpec();
        var binding = created(subject, BINDING, ValidatingAdmissionPolicyBinding.class)
                .getSpec();

        assertThat(policy.getFailurePolicy()).isEqualTo("Fail");
        assertThat(policy.getMatchConstraints().getMatchPolicy()).isEqualTo("Equivalent");
        assertThat(policy.getMatchConstraints().getNamespaceSelector()).isNotNull();
        assertThat(policy.getMatchConstraints().getObjectSelector()).isNotNull();
        assertThat(policy.getMatchConstraints().getResourceRules().getFirst().getScope())
                .isEqualTo("*");
        assertThat(binding.getMatchResources().getMatchPolicy()).isEqualTo("Equivalent");
        assertThat(binding.getMatchResources().getNamespaceSelector()).isNotNull();
    }

    private static <T extends HasMetadata> T created(Subject subject, String sent, Class<T> type) {
        var object = subject.client()
                .resource(subject.client()
                        .getKubernetesSerialization()
                        .unmarshal(sent.replace("NAME", subject.namespace()), type));
        try {
            return object.create();
        } finally {
            object.delete();
        }
    }

    private static void assertRefused(
            Subject subject,
            String template,
            String right,
            String wrong,
            String field,
            String reason,
            @Nullable String text) {
        assertThat(template).contains(right);
        String object =
                template.replace(right, wrong.equals("nothing") ? "" : wrong).replace("NAME", subject.namespace());
        assertInvalid(
                () -> subject.client().raw(path(object), "POST", object),
                field,
                "FieldValue" + reason,
                text == null ? "" : text);
    }

    private static String path(String object) {
        Matcher kind = KIND.matcher(object);
        assertThat(kind.find()).isTrue();
        String singular = kind.group(1).toLowerCase(Locale.ROOT);
        return "/apis/admissionregistration.k8s.io/v1/"
                + (singular.endsWith("y") ? singular.substring(0, singular.length() - 1) + "ies" : singular + "s");
    }
}
