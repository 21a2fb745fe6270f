package io.migpool.testbed.apiserver.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.Collectors;

/** A request that ends in a {@code Status} of status {@code Failure}; reasons and texts are Kubernetes' own. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int code;
    private final String reason;
    private final transient ObjectNode details;

    private ApiException(int code, String reason, String message, ObjectNode details) {
        super(message);
        this.code = code;
        this.reason = reason;
        this.details = details;
    }

    /** Any other failure, with its HTTP status and its machine-readable reason. */
    public static ApiException of(int code, String reason, String message) {
        return new ApiException(code, reason, message, Json.object());
    }

    /** 404: there is no such object. */
    public static ApiException notFound(ResourceKind kind, String name) {
        return about(404, "NotFound", kind, name, kind.qualifiedResource() + " \"" + name + "\" not found");
    }

    /** 409: there is such an object. */
    public static ApiException alreadyExists(ResourceKind kind, String name) {
        return about(409, "AlreadyExists", kind, name, kind.qualifiedResource() + " \"" + name + "\" already exists");
    }

    /** 409: the object's state does not allow the request. */
    public static ApiException conflict(ResourceKind kind, String name, String why) {
        return conflict(kind, kind.qualifiedResource(), name, why);
    }

    /** A conflict at a subresource, which stands in the message: {@code pods/binding}. */
    public static ApiException conflict(ResourceKind kind, String resource, String name, String why) {
        return about(
                409,
                "Conflict",
                kind,
                name,
                "Operation cannot be fulfilled on " + resource + " \"" + name + "\": " + why);
    }

    /** 409: the object is not of the version that the request starts from. */
    public static ApiException modified(ResourceKind kind, String name) {
        return conflict(
                kind,
                name,
                "the object has been modified; please apply your changes to the latest version and try again");
    }

    /** 403: the caller may not do this, or admission does not allow it. */
    public static ApiException forbidden(ResourceKind kind, String name, String why) {
        return about(
                403,
                "Forbidden",
                kind,
                name,
                kind.qualifiedResource() + (name.isEmpty() ? "" : " \"" + name + "\"") + " is forbidden: " + why);
    }

    /** 422: the object has these errors, at least one. */
    public static ApiException invalid(ResourceKind kind, String name, List<FieldError> errors) {
        String all = errors.stream().map(FieldError::message).collect(Collectors.joining(", "));
        String subject = kind.group().isEmpty() ? kind.kind() : kind.kind() + "." + kind.group();
        ApiException invalid = about(
                422,
                "Invalid",
                kind,
                name,
                subject + " \"" + name + "\" is invalid: " + (errors.size() == 1 ? all : "[" + all + "]"));
        invalid.details.put("kind", kind.kind());
        ArrayNode causes = invalid.details.putArray("causes");
        errors.forEach(error -> causes.addObject()
                .put("reason", error.reason())
                .put("message", error.detail())
                .put("field", error.field()));
        return invalid;
    }

    /** 400: the request cannot be understood. */
    public static ApiException badRequest(String message) {
        return of(400, "BadRequest", message);
    }

    /** 410: the version or page asked for is no longer remembered. */
    public static ApiException expired(String message) {
        return of(410, "Expired", message);
    }

    /** 404: nothing is served under this path. */
    public static ApiException unknownPath() {
        return of(404, "NotFound", "the server could not find the requested resource");
    }

    /** 405: the resource is not served with this method. */
    public static ApiException methodNotAllowed(String what) {
        return of(405, "MethodNotAllowed", what);
    }

    /** 500: the server, or a webhook it needs, failed. */
    public static ApiException internal(String message) {
        return of(500, "InternalError", "Internal error occurred: " + message);
    }

    private static ApiException about(int code, String reason, ResourceKind kind, String name, String message) {
        ApiException exception = new ApiException(code, reason, message, Json.object());
        exception.details.put("name", name).put("kind", kind.plural());
        if (!kind.group().isEmpty()) {
            exception.details.put("group", kind.group());
        }
        return exception;
    }

    /** This exception with the time after which a client should come again. */
    public ApiException retryAfter(int seconds) {
        details.put("retryAfterSeconds", seconds);
        return this;
    }

    /** The HTTP status. */
    public int code() {
        return code;
    }

    String reason() {
        return reason;
    }

    /** Seconds a client should wait, 0 if it was not told. */
    public int retryAfterSeconds() {
        return details.path("retryAfterSeconds").asInt();
    }

    /** The {@code Status} object that tells a client. */
    public ObjectNode toStatus() {
        ObjectNode status = Json.object();
        status.put("kind", "Status").put("apiVersion", "v1").putObject("metadata");
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
