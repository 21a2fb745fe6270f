package io.migpool.testbed.apiserver.http;

import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.request.ResourceTarget;
import java.util.Map;

/** Messages about what this double does not support, and what to do instead. */
final class Refusals {
    private static final Map<String, String> WHY = Map.of(
            "log", "containers of the testbed write no logs; see the pod's events and status",
            "exec", "containers of the testbed run no processes",
            "attach", "containers of the testbed run no processes",
            "portforward", "containers of the testbed listen on no ports",
            "proxy", "nothing is proxied; talk to the address itself",
            "scale", "there are no workload controllers; create the pods themselves",
            "ephemeralcontainers", "ephemeral containers are not simulated");

    private Refusals() {}

    /** Refuses a protobuf body that cannot be read completely. */
    static ApiException protobuf(String what) {
        return ApiException.of(
                415,
                "UnsupportedMediaType",
                what
                        + " is not read as protobuf by this API server double, send JSON; with kubectl: add"
                        + " --dry-run=client -o yaml to the command and pipe its output into kubectl apply -f -");
    }

    static ApiException mediaType(String sent) {
        if (sent.equals("application/yaml")) {
            return ApiException.of(
                    415,
                    "UnsupportedMediaType",
                    "a body of type application/yaml is not served by this API server double; send application/json");
        }
        return ApiException.of(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: application/json,"
                        + " application/vnd.kubernetes.protobuf; it came as \"" + sent + '"');
    }

    static ApiException subresource(ResourceTarget target) {
        String why = WHY.get(target.subresource().replaceFirst("/.*", ""));
        if (why == null) {
            return ApiException.unknownPath();
        }
        return ApiException.notImplemented(target.kind().plural() + "/" + target.subresource()
                + " is not served by this API server double: " + why);
    }
}
