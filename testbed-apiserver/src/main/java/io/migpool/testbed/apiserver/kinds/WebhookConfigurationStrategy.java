package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.cel.CelEnvironment;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Mutating and validating webhooks. */
final class WebhookConfigurationStrategy implements KindStrategy {
    private static final int SEGMENTS = 3;
    private static final int LONGEST_TIMEOUT = 30;
    private static final String URL_FORM = "; desired format: https://host[/path]";
    private static final List<String> REVIEW_VERSIONS = List.of("v1", "v1beta1");

    @Override
    public void defaults(ObjectNode object) {
        for (ObjectNode webhook : Json.objects(object, "webhooks")) {
            AdmissionErrors.defaults(webhook, List.of("rules"));
            Json.putIfAbsent(webhook, "failurePolicy", "Fail");
            Json.putIfAbsent(webhook, "timeoutSeconds", 10);
            if (isMutating(object)) {
                Json.putIfAbsent(webhook, "reinvocationPolicy", "Never");
            }
            if (Json.at(webhook, "clientConfig", "service") instanceof ObjectNode service) {
                Json.putIfAbsent(service, "port", 443);
            }
        }
    }

    @Override
    public List<FieldError> validate(ObjectNode object) {
        AdmissionErrors errors = new AdmissionErrors();
        Set<String> names = new HashSet<>();
        int index = 0;
        for (JsonNode webhook : Json.items(object, "webhooks")) {
            String path = "webhooks[" + index++ + "]";
            name(path + ".name", Json.text(webhook, "name"), errors);
            errors.rules(path + ".rules", Json.items(webhook, "rules"));
            errors.failurePolicy(path, webhook);
            errors.matchPolicy(path, webhook);
            errors.selectors(path, webhook);
            sideEffects(path + ".sideEffects", Json.text(webhook, "sideEffects"), errors);
            long seconds = Json.number(webhook, 0, "timeoutSeconds");
            if (seconds < 1 || seconds > LONGEST_TIMEOUT) {
                errors.add(FieldError.invalid(
                        path + ".timeoutSeconds", seconds, "the timeout value must be between 1 and 30 seconds"));
            }
            if (isMutating(object)) {
                errors.oneOf(
                        path + ".reinvocationPolicy",
                        Json.text(webhook, "reinvocationPolicy"),
                        List.of("IfNeeded", "Never"));
            }
            clientConfig(path + ".clientConfig", webhook.path("clientConfig"), errors);
            errors.matchConditions(path, webhook, CelEnvironment.admission());
            reviewVersions(path + ".admissionReviewVersions", webhook, errors);
            if (!names.add(Json.text(webhook, "name"))) {
                errors.add(FieldError.duplicate(path + ".name", Json.text(webhook, "name")));
            }
        }
        return errors.list();
    }

    private static boolean isMutating(ObjectNode object) {
        return Json.text(object, "kind").startsWith("Mutating");
    }

    private static void name(String field, String name, AdmissionErrors errors) {
        if (name.isEmpty()) {
            errors.add(FieldError.required(field, ""));
        } else if (!Names.isSubdomain(name)) {
            errors.add(FieldError.invalid(field, name, Names.SUBDOMAIN_RULE));
        } else if (name.split("\\.", -1).length < SEGMENTS) {
            errors.add(FieldError.invalid(
                    field, name, "should be a domain with at least three segments separated by dots"));
        }
    }

    private static void sideEffects(String field, String value, AdmissionErrors errors) {
        if (value.isEmpty()) {
            errors.add(FieldError.required(field, "must specify one of None, NoneOnDryRun"));
        } else {
            errors.oneOf(field, value, List.of("None", "NoneOnDryRun"));
        }
    }

    private static void reviewVersions(String field, JsonNode webhook, AdmissionErrors errors) {
        List<String> versions = Json.texts(webhook, "admissionReviewVersions");
        String known = String.join(", ", REVIEW_VERSIONS);
        if (versions.isEmpty()) {
            errors.add(FieldError.required(field, "must specify one of " + known));
            return;
        }
        for (int i = 0; i < versions.size(); i++) {
            if (versions.indexOf(versions.get(i)) < i) {
                errors.add(FieldError.invalid(field + "[" + i + "]", versions.get(i), "duplicate version"));
            }
        }
        if (versions.stream().noneMatch(REVIEW_VERSIONS::contains)) {
            errors.add(FieldError.invalid(
                    field, webhook.get("admissionReviewVersions"), "must include at least one of " + known));
        }
    }

    private static void clientConfig(String path, JsonNode config, AdmissionErrors errors) {
        JsonNode service = config.path("service");
        if (Json.has(config, "url") == Json.has(config, "service")) {
            errors.add(FieldError.required(path, "exactly one of url or service is required"));
        } else if (Json.has(config, "url")) {
            url(path + ".url", Json.text(config, "url"), errors);
        } else {
            errors.required(path + ".service.name", Json.text(service, "name"), "service name is required");
            errors.required(
                    path + ".service.namespace", Json.text(service, "namespace"), "service namespace is required");
            String served = Json.text(service, "path");
            if (!served.isEmpty() && !served.startsWith("/")) {
                errors.add(FieldError.invalid(path + ".service.path", served, "must start with a '/'"));
            }
        }
    }

    private static void url(String field, String text, AdmissionErrors errors) {
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException e) {
            errors.add(FieldError.required(field, "url must be a valid URL: " + e.getMessage() + URL_FORM));
            return;
        }
        if (!"https".equals(url.getScheme())) {
            errors.add(FieldError.invalid(
                    field,
                    url.getScheme() == null ? "" : url.getScheme(),
                    "'https' is the only allowed URL scheme" + URL_FORM));
        }
        if (url.getRawAuthority() == null) {
            errors.add(FieldError.invalid(field, "", "host must be specified" + URL_FORM));
        }
        if (url.getRawUserInfo() != null) {
            errors.add(FieldError.invalid(field, url.getRawUserInfo(), "user information is not permitted in the URL"));
        }
        if (url.getRawFragment() != null) {
            errors.add(FieldError.invalid(field, url.getRawFragment(), "fragments are not permitted in the URL"));
        }
        if (url.getRawQuery() != null) {
            errors.add(FieldError.invalid(field, url.getRawQuery(), "query parameters are not permitted in the URL"));
        }
    }
}
