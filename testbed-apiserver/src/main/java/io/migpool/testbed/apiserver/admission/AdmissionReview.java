package io.migpool.testbed.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.fabric8.zjsonpatch.JsonPatchException;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** The {@code admission.k8s.io/v1} envelope: writes requests to webhooks and reads their answers. */
final class AdmissionReview {
    private static final String API_VERSION = "admission.k8s.io/v1";

    private AdmissionReview() {}

    /**
     * A webhook's answer.
     *
     * @param allowed whether the request may continue
     * @param status the status that came with it
     * @param warnings messages for the user
     * @param patch JSON patch operations, an empty array for none
     */
    record Answer(boolean allowed, JsonNode status, List<String> warnings, JsonNode patch) {}

    static ObjectNode question(String uid, AdmissionRequest request) {
        ResourceKind kind = request.kind();
        ObjectNode review = Json.object().put("kind", "AdmissionReview").put("apiVersion", API_VERSION);
        ObjectNode question = review.putObject("request").put("uid", uid);
        for (String field : List.of("kind", "requestKind")) {
            question.set(field, groupVersion(kind).put("kind", objectKind(request)));
        }
        for (String field : List.of("resource", "requestResource")) {
            question.set(field, groupVersion(kind).put("resource", kind.plural()));
        }
        if (!request.subresource().isEmpty()) {
            question.put("subResource", request.subresource()).put("requestSubResource", request.subresource());
        }
        if (!request.key().name().isEmpty()) {
            question.put("name", request.key().name());
        }
        if (!request.key().namespace().isEmpty()) {
            question.put("namespace", request.key().namespace());
        }
        question.put("operation", request.operation().name());
        question.set("userInfo", request.context().caller().userInfo());
        question.set("object", request.object());
        question.set("oldObject", request.oldObject());
        question.put("dryRun", request.context().dryRun());
        String operation = request.operation().name();
        question.putObject("options")
                .put("kind", operation.charAt(0) + operation.substring(1).toLowerCase(Locale.ROOT) + "Options")
                .put("apiVersion", "meta.k8s.io/v1");
        return review;
    }

    private static String objectKind(AdmissionRequest request) {
        return request.subresource().equals("binding")
                ? "Binding"
                : request.kind().kind();
    }

    private static ObjectNode groupVersion(ResourceKind kind) {
        return Json.object().put("group", kind.group()).put("version", kind.version());
    }

    /** Reads an answer; throws an exception that says what violates the contract. */
    static Answer answer(String uid, JsonNode review) throws IOException {
        if (!Json.text(review, "apiVersion").equals(API_VERSION)
                || !Json.text(review, "kind").equals("AdmissionReview")) {
            throw new IOException("expected webhook response of " + API_VERSION + ", Kind=AdmissionReview, got "
                    + Json.text(review, "apiVersion") + ", Kind=" + Json.text(review, "kind"));
        }
        JsonNode response = Json.at(review, "response");
        if (response == null) {
            throw new IOException("webhook response was absent");
        }
        if (!Json.text(response, "uid").equals(uid)) {
            throw new IOException("expected response.uid=\"" + uid + "\", got \"" + Json.text(response, "uid") + '"');
        }
        return new Answer(
                Json.flag(response, "allowed"),
                response.path("status"),
                Json.texts(response, "warnings"),
                patch(response));
    }

    private static JsonNode patch(JsonNode response) throws IOException {
        String patch = Json.text(response, "patch");
        boolean typed = Json.has(response, "patchType");
        if (patch.isEmpty() && !typed) {
            return Json.array();
        }
        if (patch.isEmpty() || !typed) {
            throw new IOException(
                    typed
                            ? "webhook returned response.patchType but not response.patch"
                            : "webhook returned response.patch but not response.patchType");
        }
        String type = Json.text(response, "patchType");
        if (!type.equals("JSONPatch")) {
            throw new IOException("webhook returned invalid response.patchType of \"" + type + '"');
        }
        try {
            return Json.parse(new String(Base64.getDecoder().decode(patch), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new IOException("response.patch is not base64", e);
        } catch (ApiException e) {
            throw new IOException("response.patch is not JSON", e);
        }
    }

    static ObjectNode patched(ObjectNode object, JsonNode patch) throws IOException {
        if (patch.isEmpty()) {
            return object;
        }
        try {
            if (JsonPatch.apply(patch, object.deepCopy()) instanceof ObjectNode patched) {
                return patched;
            }
        } catch (JsonPatchException e) {
            throw new IOException("response.patch cannot be applied: " + e.getMessage(), e);
        }
        throw new IOException("response.patch leaves no object");
    }
}
