package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.request.Caller;
import io.migpool.testbed.apiserver.request.RequestContext;
import java.util.List;

/** The objects that a new cluster has. */
final class SystemObjects {
    static final Caller NAMESPACE_CONTROLLER = new Caller(
            "system:serviceaccount:kube-system:namespace-controller",
            List.of(Caller.EVERYTHING_GROUP),
            "",
            "namespace-controller");
    private static final Caller SERVER =
            new Caller("system:apiserver", List.of(Caller.EVERYTHING_GROUP), "", "apiserver");

    private SystemObjects() {}

    static void create(ObjectCreation creation) {
        RequestContext context = new RequestContext(SERVER, false);
        for (String namespace : List.of("default", "kube-system", "kube-public", "kube-node-lease")) {
            creation.create(context, ResourceKinds.NAMESPACES, "", named(namespace));
        }
        creation.create(
                context,
                ResourceKinds.PRIORITY_CLASSES,
                "",
                named("system-cluster-critical").put("value", 2_000_000_000L));
        creation.create(
                context,
                ResourceKinds.PRIORITY_CLASSES,
                "",
                named("system-node-critical").put("value", 2_000_001_000L));
        new SystemRoles(creation, context).create();
    }

    private static ObjectNode named(String name) {
        ObjectNode object = Json.object();
        object.putObject("metadata").put("name", name);
        return object;
    }
}
