package io.migpool.testbed.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.access.Access;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.request.ApiRequest;
import io.migpool.testbed.apiserver.request.ResourceTarget;
import java.util.List;

/** Answers a SelfSubjectAccessReview: whether the caller may do something. Nothing is stored. */
final class AccessReview {
    private static final List<String> PATH = List.of("apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews");

    private final Access access;

    AccessReview(Access access) {
        this.access = access;
    }

    static boolean isAt(ApiRequest request) {
        return request.segments().equals(PATH) && request.method().equals("POST");
    }

    Reply serve(ApiRequest request) {
        ObjectNode review = Json.parseObject(request.body());
        JsonNode attributes = review.path("spec").path("resourceAttributes");
        if (attributes.isMissingNode()) {
            throw ApiException.badRequest(
                    "spec.resourceAttributes is missing: only access to resources is reviewed here");
        }
        String group = Json.text(attributes, "group");
        String resource = Json.text(attributes, "resource");
        // Rules do not name versions, so the first served one stands for all.
        boolean allowed = ResourceKinds.all().stream()
                .filter(kind -> kind.group().equals(group) && kind.plural().equals(resource))
                .findFirst()
                .map(kind -> new ResourceTarget(
                        kind,
                        Json.text(attributes, "namespace"),
                        Json.text(attributes, "name"),
                        Json.text(attributes, "subresource")))
                .map(target -> access.allows(request.caller(), target, Json.text(attributes, "verb")))
                .orElse(false);
        review.put("kind", "SelfSubjectAccessReview").put("apiVersion", "authorization.k8s.io/v1");
        review.putObject("status").put("allowed", allowed);
        return new Reply.Body(201, review, List.of());
    }
}
