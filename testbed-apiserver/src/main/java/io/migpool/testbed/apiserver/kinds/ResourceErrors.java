package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is wrong in the requests and limits of a container. */
final class ResourceErrors {
    private static final Set<String> STANDARD = Set.of("cpu", "memory", "ephemeral-storage");
    private static final String HUGE_PAGES = "hugepages-";
    private static final String QUOTA_PREFIX = "requests.";

    private ResourceErrors() {}

    static void check(String path, ObjectNode resources, List<FieldError> errors) {
        Map<String, String> limits = Json.strings(resources, "limits");
        Map<String, String> requests = Json.strings(resources, "requests");
        limits.forEach((resource, text) -> amount(path + ".limits", resource, text, errors));
        requests.forEach((resource, text) -> {
            amount(path + ".requests", resource, text, errors);
            BigDecimal request = Quantities.value(text).orElse(BigDecimal.ZERO);
            String limitText = limits.get(resource);
            if (limitText == null) {
                if (isExtended(resource)) {
                    errors.add(FieldError.required(
                            path + ".limits", "Limit must be set for non overcommitable resources"));
                }
                return;
            }
            BigDecimal limit = Quantities.value(limitText).orElse(BigDecimal.ZERO);
            if (isExtended(resource) && request.compareTo(limit) != 0) {
                errors.add(FieldError.invalid(
                        path + ".requests", text, "must be equal to " + resource + " limit of " + limitText));
            } else if (request.compareTo(limit) > 0) {
                errors.add(FieldError.invalid(
                        path + ".requests",
                        text,
                        "must be less than or equal to " + resource + " limit of " + limitText));
            }
        });
    }

    private static void amount(String path, String resource, String text, List<FieldError> errors) {
        BigDecimal amount = Quantities.value(text).orElse(BigDecimal.ZERO);
        String field = path + "[" + resource + "]";
        name(field, resource, errors);
        if (amount.signum() < 0) {
            errors.add(FieldError.invalid(field, text, "must be greater than or equal to 0"));
        }
        if (isExtended(resource) && amount.stripTrailingZeros().scale() > 0) {
            errors.add(FieldError.invalid(field, text, "must be an integer"));
        }
    }

    private static void name(String field, String resource, List<FieldError> errors) {
        boolean standard = STANDARD.contains(resource) || resource.startsWith(HUGE_PAGES);
        if (!Names.isQualified(resource)) {
            errors.add(FieldError.invalid(field, resource, Names.QUALIFIED_RULE));
        } else if (!resource.contains("/") && !standard) {
            errors.add(FieldError.invalid(field, resource, "must be a standard resource type or fully qualified"));
            errors.add(FieldError.invalid(field, resource, "must be a standard resource for containers"));
        } else if (isExtended(resource) && !Names.isQualified(QUOTA_PREFIX + resource)) {
            errors.add(FieldError.invalid(field, resource, "doesn't follow extended resource name standard"));
        }
    }

    private static boolean isExtended(String resource) {
        return resource.contains("/") && !resource.contains("kubernetes.io/");
    }
}
