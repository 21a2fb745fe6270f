package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.cel.CelExpression;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Identities;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Calls the webhooks registered in the store, in the order of their configurations' names. */
final class WebhookAdmission implements Admission {
    private static final System.Logger LOG = System.getLogger(WebhookAdmission.class.getName());
    private static final int BAD_REQUEST = 400;

    private final ObjectStore store;
    private final WebhookClient client;
    private final AdmissionRules rules;
    private final CelConditions conditions;
    private final Identities identities;

    WebhookAdmission(
            ObjectStore store,
            WebhookClient client,
            AdmissionRules rules,
            CelConditions conditions,
            Identities identities) {
        this.store = store;
        this.client = client;
        this.rules = rules;
        this.conditions = conditions;
        this.identities = identities;
    }

    @Override
    public ObjectNode mutate(AdmissionRequest request) {
        AdmissionRequest current = request;
        List<JsonNode> calledBefore = new ArrayList<>();
        boolean changedAfterACall = false;
        for (JsonNode webhook : webhooks(ResourceKinds.MUTATING_WEBHOOKS)) {
            if (!matches(webhook, current)) {
                continue;
            }
            ObjectNode changed = call(webhook, current);
            changedAfterACall |= !calledBefore.isEmpty() && !Json.same(changed, current.subject());
            calledBefore.add(webhook);
            current = current.withObject(changed);
        }
        for (JsonNode webhook : calledBefore) {
            boolean again = changedAfterACall
                    && Json.text(webhook, "reinvocationPolicy").equals("IfNeeded");
            if (again && matches(webhook, current)) {
                current = current.withObject(call(webhook, current));
            }
        }
        return current.subject();
    }

    @Override
    public void validate(AdmissionRequest request) {
        for (JsonNode webhook : webhooks(ResourceKinds.VALIDATING_WEBHOOKS)) {
            if (matches(webhook, request)) {
                call(webhook, request);
            }
        }
    }

    private List<JsonNode> webhooks(ResourceKind configurations) {
        return store.list(configurations, "").items().stream()
                .flatMap(configuration -> Json.items(configuration, "webhooks").stream())
                .toList();
    }

    private boolean matches(JsonNode webhook, AdmissionRequest request) {
        return rules.match(webhook, Json.items(webhook, "rules"), request) && conditionsHold(webhook, request);
    }

    private boolean conditionsHold(JsonNode webhook, AdmissionRequest request) {
        try {
            return conditions.hold(Json.items(webhook, "matchConditions"), request);
        } catch (CelExpression.CelException e) {
            if (Json.text(webhook, "failurePolicy").equals("Ignore")) {
                return false;
            }
            throw ApiException.forbidden(
                    request.kind(),
                    request.key().name(),
                    "match conditions of admission webhook \"" + Json.text(webhook, "name") + "\" cannot be evaluated: "
                            + e.getMessage());
        }
    }

    /** Calls a webhook and returns the object as changed by it; throws if it refuses. */
    private ObjectNode call(JsonNode webhook, AdmissionRequest request) {
        String name = Json.text(webhook, "name");
        try {
            requireDryRun(webhook, name, request);
            String uid = identities.uid();
            AdmissionReview.Answer answer =
                    AdmissionReview.answer(uid, client.post(webhook, AdmissionReview.question(uid, request)));
            answer.warnings().forEach(request.context()::warn);
            if (!answer.allowed()) {
                throw denied(name, answer.status());
            }
            return AdmissionReview.patched(request.subject(), answer);
        } catch (IOException e) {
            String why = "failed calling webhook \"" + name + "\": " + e.getMessage();
            if (Json.text(webhook, "failurePolicy").equals("Ignore")) {
                LOG.log(System.Logger.Level.WARNING, "{0}; its failure policy lets the request pass", why);
                return request.subject();
            }
            throw ApiException.internal(why);
        }
    }

    private static void requireDryRun(JsonNode webhook, String name, AdmissionRequest request) {
        String sideEffects = Json.text(webhook, "sideEffects");
        if (request.context().dryRun() && !sideEffects.equals("None") && !sideEffects.equals("NoneOnDryRun")) {
            throw ApiException.badRequest("admission webhook \"" + name + "\" does not support dry run");
        }
    }

    private static ApiException denied(String name, JsonNode status) {
        String message = Json.text(status, "message");
        String reason = Json.text(status, "reason");
        String explanation = message.isEmpty() ? reason : message;
        int code = (int) Json.number(status, BAD_REQUEST, "code");
        return ApiException.of(
                Math.max(code, BAD_REQUEST),
                reason,
                "admission webhook \"" + name + "\" denied the request"
                        + (explanation.isEmpty() ? " without explanation" : ": " + explanation));
    }
}
