package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Where a list in pages goes on, in the form of Kubernetes' own tokens.
 *
 * @param revision the revision of the list; -1 for the objects as they are
 * @param start the first path that may follow
 */
record ContinueToken(long revision, String start) {
    private static final String VERSION = "meta.k8s.io/v1";
    private static final long NO_MOMENT = -1;

    static ContinueToken after(String path, long revision) {
        return new ContinueToken(revision, path + '\0');
    }

    static ContinueToken ofNoMoment(String start) {
        return new ContinueToken(NO_MOMENT, start);
    }

    boolean isOfNoMoment() {
        return revision == NO_MOMENT;
    }

    String encode() {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Json.bytes(
                        Json.object().put("v", VERSION).put("rv", revision).put("start", start)));
    }

    static ContinueToken decode(String text) {
        JsonNode token;
        try {
            token = Json.parse(new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException | ApiException e) {
            throw invalid(String.valueOf(e.getMessage()));
        }
        if (!Json.text(token, "v").equals(VERSION) || Json.text(token, "start").isEmpty()) {
            throw invalid("server does not recognize this encoded version");
        }
        return new ContinueToken(Json.number(token, 0, "rv"), Json.text(token, "start"));
    }

    private static ApiException invalid(String why) {
        return ApiException.badRequest("invalid continue token: continue key is not valid: " + why);
    }
}
