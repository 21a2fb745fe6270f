package io.migpool.testbed.apiserver.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.Collectors;

/** Ends a request with a {@code Status} of status {@code Failure}; reasons and messages are Kubernetes' own. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int code;
    private final String reason;
    private final transient ObjectNode details;
    private final transient ObjectNode metadata = Json.object();

    private ApiException(int code, String reason, String message, ObjectNode details) {
        super(message);
        this.code = code;
        this.reason = reason;
        this.details = details;
    }

    /** Returns any other failure, with its HTTP status and its machine-readable reason. */
    public static ApiException of(int code, String reason, String message) {
        return new ApiException(code, reason, message, Json.object());
    }

    /** Returns 404: there is no such object. */
    public static ApiException notFound(ResourceKind kind, String name) {
        return about(404, "NotFound", kind, name, kind.qualifiedResource() + " \"" + name + "\" not found");
    }

    /** Returns 409: the object exists already. */
    public static ApiException alreadyExists(ResourceKind kind, String name) {
        return about(409, "AlreadyExists", kind, name, kind.qualifiedResource() + " \"" + name + "\" already exists");
    }

    /** Returns 409: the object's state does not allow the request. */
    public static ApiException conflict(ResourceKind kind, String name, String why) {
        return conflict(kind, kind.qualifiedResource(), name, why);
    }

    /** Returns a conflict at a subresource, which the message names: {@code pods/binding}. */
    public static ApiException conflict(ResourceKind kind, String resource, String name, String why) {
        return about(
                409,
                "Conflict",
                kind,
                name,
                "Operation cannot be fulfilled on " + resource + " \"" + name + "\": " + why);
    }

    /** Returns 409: the object does not have the version on which the request is based. */
    public static ApiException modified(ResourceKind kind, String name) {
        return conflict(
                kind,
                name,
                "the object has been modified; please apply your changes to the latest version and try again");
    }

    /** Returns 403: the caller lacks permission, or admission refuses. */
    public static ApiException forbidden(ResourceKind kind, String name, String why) {
        return about(
                403,
                "Forbidden",
                kind,
                name,
                kind.qualifiedResource() + (name.isEmpty() ? "" : " \"" + name + "\"") + " is forbidden: " + why);
    }

    /** Returns 422: the object has these errors, at least one. */
    public static ApiException invalid(ResourceKind kind, String name, List<FieldError> errors) {
        return invalid(kind.group(), kind.kind(), name, errors);
    }

    private static ApiException invalid(String group, String kind, String name, List<FieldError> errors) {
        String all = errors.stream().map(FieldError::message).collect(Collectors.joining(", "));
        ApiException invalid = about(
                422,
                "Invalid",
                group,
                kind,
                name,
                (group.isEmpty() ? kind : kind + "." + group) + " \"" + name + "\" is invalid: "
                        + (errors.size() == 1 ? all : "[" + all + "]"));
        ArrayNode causes = invalid.details.putArray("causes");
        errors.forEach(error -> causes.addObject()
                .put("reason", error.reason())
                .put("message", error.detail())
                .put("field", error.field()));
        return invalid;
    }

    /** Returns 422: the options of a request, of this type, contradict each other. */
    public static ApiException invalidOptions(String type, List<FieldError> errors) {
        return invalid("meta.k8s.io", type, "", errors);
    }

    /** Returns 422: a patch makes something of an object that is none of its kind. */
    public static ApiException invalidPatch(ObjectNode patched, String why) {
        return invalid("", "", "", List.of(FieldError.invalid("patch", patched.toString(), why)));
    }

    /** Returns 400: the request is malformed. */
    public static ApiException badRequest(String message) {
        return of(400, "BadRequest", message);
    }

    /** Returns 410: the requested version or page is no longer available. */
    public static ApiException expired(String message) {
        return of(410, "Expired", message);
    }

    /** Returns 404: nothing is served under this path. */
    public static ApiException unknownPath() {
        return of(404, "NotFound", "the server could not find the requested resource");
    }

    /** Returns 501: Kubernetes serves this, but not this double. */
    public static ApiException notImplemented(String message) {
        return of(501, "NotImplemented", message);
    }

    /** Returns 405: the resource does not support this method. */
    public static ApiException methodNotAllowed(String what) {
        return of(405, "MethodNotAllowed", what);
    }

    /** Returns 500: the server, or a webhook that it needs, failed. */
    public static ApiException internal(String message) {
        return of(500, "InternalError", "Internal error occurred: " + message);
    }

    private static ApiException about(int code, String reason, ResourceKind kind, String name, String message) {
        return about(code, reason, kind.group(), kind.plural(), name, message);
    }

    private static ApiException about(int code, String reason, String group, String kind, String name, String message) {
        ApiException exception = new ApiException(code, reason, message, Json.object());
        exception.details.put("name", name).put("kind", kind);
        if (!group.isEmpty()) {
            exception.details.put("group", group);
        }
        return exception;
    }

    /** Returns this exception with one more cause in its details. */
    public ApiException cause(String type, String message) {
        details.withArrayProperty("causes").addObject().put("reason", type).put("message", message);
        return this;
    }

    /** Returns this exception with a token for a list that can be continued after all. */
    public ApiException continueWith(String token) {
        metadata.put("continue", token);
        return this;
    }

    /** Returns this exception with the time after which a client should retry. */
    public ApiException retryAfter(int seconds) {
        details.put("retryAfterSeconds", seconds);
        return this;
    }

    /** Returns the HTTP status. */
    public int code() {
        return code;
    }

    String reason() {
        return reason;
    }

    /** Returns the seconds that a client should wait; 0 if unspecified. */
    public int retryAfterSeconds() {
        return details.path("retryAfterSeconds").asInt();
    }

    /** Returns the {@code Status} object for the client. */
    public ObjectNode toStatus() {
        ObjectNode status = Json.object();
        status.put("kind", "Status").put("apiVersion", "v1").set("metadata", metadata.deepCopy());
        status.put("status", "Failure").put("message", getMessage());
        if (!reason.isEmpty()) {
            status.put("reason", reason);
        }
        if (!details.isEmpty()) {
            status.set("details", details.deepCopy());
        }
        return status.put("code", code);
    }
}
