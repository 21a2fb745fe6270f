package io.migpool.testbed.apiserver.request;

import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.EventConversion;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The target of a path under {@code /api} or {@code /apis}.
 *
 * @param kind the resource
 * @param namespace the namespace in the path, empty for none
 * @param name the object's name, empty for the collection
 * @param subresource such as {@code status}, empty for the object itself
 */
public record ResourceTarget(ResourceKind kind, String namespace, String name, String subresource) {

    /** The older way to bind: a separate collection, which is always empty and binds the pod that the body names. */
    public static final String BINDINGS = "bindings";

    /** Parses a path; empty if it does not name a served resource. */
    public static Optional<ResourceTarget> parse(List<String> segments) {
        Deque<String> rest = new ArrayDeque<>(segments);
        String root = rest.isEmpty() ? "" : rest.removeFirst();
        String group = "";
        if (root.equals("apis") && !rest.isEmpty()) {
            group = rest.removeFirst();
        } else if (!root.equals("api")) {
            return Optional.empty();
        }
        if (rest.size() < 2) {
            return Optional.empty();
        }
        String version = rest.removeFirst();
        String namespace = "";
        // namespaces/{name} and namespaces/{name}/status are the Namespace itself, anything longer is in it.
        boolean inNamespace = rest.size() >= 3
                && rest.getFirst().equals("namespaces")
                && !(group.isEmpty() && rest.size() == 3 && isNamespaceSubresource(rest.getLast()));
        if (inNamespace) {
            rest.removeFirst();
            namespace = rest.removeFirst();
        }
        String plural = rest.removeFirst();
        String name = rest.isEmpty() ? "" : rest.removeFirst();
        String subresource = String.join("/", rest);
        if (group.isEmpty() && plural.equals(BINDINGS)) {
            return Optional.of(new ResourceTarget(ResourceKinds.PODS, namespace, name, BINDINGS));
        }
        boolean named = inNamespace;
        String in = namespace;
        return ResourceKinds.find(group, version, plural)
                .filter(kind -> kind.namespaced() ? named || name.isEmpty() : !named)
                .map(kind -> new ResourceTarget(kind, in, name, subresource));
    }

    /** Returns the target narrowed to one object of the collection. */
    public ResourceTarget withName(String object) {
        return new ResourceTarget(kind, namespace, object, subresource);
    }

    private static boolean isNamespaceSubresource(String segment) {
        return segment.equals("status") || segment.equals("finalize");
    }

    /** Returns the key under which the object is stored. */
    public ObjectKey key() {
        return new ObjectKey(EventConversion.storedKind(kind), namespace, name);
    }

    /** Returns the resource as RBAC rules name it: {@code pods}, {@code pods/binding}. */
    public String rbacResource() {
        if (subresource.equals(BINDINGS)) {
            return BINDINGS;
        }
        return subresource.isEmpty() ? kind.plural() : kind.plural() + "/" + subresource;
    }

    /** Returns the resource that is actually affected: both ways to bind are {@code pods/binding}. */
    public String effectiveResource() {
        return subresource.equals(BINDINGS) ? "pods/binding" : rbacResource();
    }

    /** Returns the verb as RBAC rules name it. */
    public String verb(String method, boolean watch) {
        return switch (method) {
            case "GET", "HEAD" -> {
                if (watch) {
                    yield "watch";
                }
                yield name.isEmpty() ? "list" : "get";
            }
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> name.isEmpty() ? "deletecollection" : "delete";
            default ->
                throw ApiException.methodNotAllowed(
                        "the server does not allow this method on the requested resource: " + method);
        };
    }
}
