package io.migpool.testbed.apiserver.request;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import java.util.List;

/**
 * The caller of a request.
 *
 * @param user user name, such as {@code system:serviceaccount:kube-system:migpool-extender}
 * @param groups the groups the user is in
 * @param node the node a service account's token is bound to, empty for none
 * @param agent the user agent as sent
 */
public record Caller(String user, List<String> groups, String node, String agent) {
    static final String NODE_CLAIM = "authentication.kubernetes.io/node-name";
    /** The group with all permissions. */
    public static final String EVERYTHING_GROUP = "system:masters";

    /** Copies the groups. */
    public Caller {
        groups = List.copyOf(groups);
    }

    /** Returns the name in the user agent, such as {@code kubectl}: what stands before the version. */
    public String program() {
        return agent.split("[/ ]", 2)[0];
    }

    /** Returns the user as admission reviews and policies see it. */
    public ObjectNode userInfo() {
        ObjectNode info = Json.object().put("username", user);
        groups.forEach(info.putArray("groups")::add);
        if (!node.isEmpty()) {
            info.putObject("extra").putArray(NODE_CLAIM).add(node);
        }
        return info;
    }
}
