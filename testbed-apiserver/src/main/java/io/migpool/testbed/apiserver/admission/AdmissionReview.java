package io.migpool.testbed.apiserver.admission;

import static io.fabric8.zjsonpatch.CompatibilityFlags.FORBID_REMOVE_MISSING_OBJECT;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.fabric8.zjsonpatch.JsonPatchException;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.EnumSet;
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
     * @param patchType the format of the patch, empty for none
     * @param patch the text of the patch, empty for none
     */
    record Answer(boolean allowed, JsonNode status, List<String> warnings, String patchType, String patch) {}

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
                Json.text(response, "patchType"),
                patch(response));
    }

    private static String patch(JsonNode response) throws IOException {
        String patch = Json.text(response, "patch");
        boolean typed = Json.has(response, "patchType");
        if (patch.isEmpty() && !typed) {
            return "";
        }
        if (patch.isEmpty() || !typed) {
            throw new IOException(
                    typed
                            ? "webhook returned response.patchType but not response.patch"
                            : "webhook returned response.patch but not response.patchType");
        }
        if (Json.text(response, "patchType").isEmpty()) {
            throw new IOException("webhook returned invalid response.patchType of \"\"");
        }
        try {
            return new String(Base64.getDecoder().decode(patch), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new IOException("response.patch is not base64", e);
        }
    }

    /**
     * Returns the object with the answer's patch applied.
     *
     * @throws IOException if the patch has another format than a JSON patch, and is not empty
     * @throws ApiException if it cannot be applied; the call itself has succeeded, so no failure policy lets the request
     *     pass
     */
    static ObjectNode patched(ObjectNode object, Answer answer) throws IOException {
        JsonNode operations = operations(answer.patch());
        if (operations.isEmpty()) {
            return object;
        }
        if (!answer.patchType().equals("JSONPatch")) {
            throw new IOException("unsupported patch type \"" + answer.patchType() + '"');
        }
        try {
            if (JsonPatch.apply(operations, object.deepCopy(), EnumSet.of(FORBID_REMOVE_MISSING_OBJECT))
                    instanceof ObjectNode patched) {
                return patched;
            }
        } catch (JsonPatchException e) {
            throw ApiException.internal("response.patch cannot be applied: " + e.getMessage());
        }
        throw ApiException.internal("response.patch leaves no object");
    }

    private static JsonNode operations(String patch) {
        try {
            if (patch.isEmpty() || Json.parse(patch) instanceof ArrayNode) {
                return Json.parse(patch);
            }
        } catch (ApiException e) {
            throw ApiException.internal("response.patch is not JSON");
        }
        throw ApiException.internal("response.patch is no list of operations");
    }
}
