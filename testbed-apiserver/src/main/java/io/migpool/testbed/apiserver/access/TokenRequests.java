package io.migpool.testbed.apiserver.access;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.time.Clock;
import java.time.temporal.ChronoUnit;

/** {@code serviceaccounts/token}: issues a token for an account, bound to the node of a pod or to a node on request. */
public final class TokenRequests {
    private static final long HOUR_SECONDS = 3600;

    private final ObjectStore store;
    private final Clock clock;

    /** Creates an issuer of tokens for the accounts of the store; the clock determines when they expire. */
    public TokenRequests(ObjectStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /** Returns the request with its status filled in. Nothing is stored. */
    public ObjectNode issue(ObjectKey account, ObjectNode request) {
        if (store.get(account).isEmpty()) {
            throw ApiException.notFound(account.kind(), account.name());
        }
        String node = node(account.namespace(), request);
        ObjectNode answer =
                request.deepCopy().put("kind", "TokenRequest").put("apiVersion", "authentication.k8s.io/v1");
        ObjectNode spec = Json.child(answer, "spec");
        Json.putIfAbsent(spec, "expirationSeconds", HOUR_SECONDS);
        answer.putObject("status")
                .put("token", Accounts.token(account.namespace(), account.name(), node))
                .put(
                        "expirationTimestamp",
                        clock.instant()
                                .truncatedTo(ChronoUnit.SECONDS)
                                .plusSeconds(Json.number(spec, HOUR_SECONDS, "expirationSeconds"))
                                .toString());
        return answer;
    }

    private String node(String namespace, ObjectNode request) {
        String name = Json.text(request, "spec", "boundObjectRef", "name");
        String kind = Json.text(request, "spec", "boundObjectRef", "kind");
        return switch (kind) {
            case "" -> "";
            case "Node" -> ObjectMeta.name(bound(new ObjectKey(ResourceKinds.NODES, "", name)));
            case "Pod" -> Json.text(bound(new ObjectKey(ResourceKinds.PODS, namespace, name)), "spec", "nodeName");
            default ->
                throw ApiException.badRequest("spec.boundObjectRef.kind is \"" + kind + "\", expected Pod or Node");
        };
    }

    private ObjectNode bound(ObjectKey key) {
        return store.get(key).orElseThrow(() -> ApiException.notFound(key.kind(), key.name()));
    }
}
