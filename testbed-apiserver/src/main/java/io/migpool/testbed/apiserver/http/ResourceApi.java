package io.migpool.testbed.apiserver.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.access.TokenRequests;
import io.migpool.testbed.apiserver.kinds.FieldTypes;
import io.migpool.testbed.apiserver.kinds.ModelFields;
import io.migpool.testbed.apiserver.kinds.UnknownFields;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.EventConversion;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.patch.Patch;
import io.migpool.testbed.apiserver.request.ApiRequest;
import io.migpool.testbed.apiserver.request.RequestContext;
import io.migpool.testbed.apiserver.request.ResourceTarget;
import io.migpool.testbed.apiserver.tables.Tables;
import io.migpool.testbed.apiserver.verbs.DeleteOptions;
import io.migpool.testbed.apiserver.verbs.ObjectDeletion;
import io.migpool.testbed.apiserver.verbs.Verbs;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Translates a request for a resource into a verb. */
public final class ResourceApi {
    private static final Set<String> READ_MEDIA_TYPES =
            Set.of("", "application/json", "application/vnd.kubernetes.protobuf");

    private final Verbs verbs;
    private final TokenRequests tokens;
    private final Tables tables;
    private final UnknownFields unknownFields;
    private final FieldTypes fieldTypes;

    /**
     * @param verbs the verbs into which requests are translated
     * @param tokens issues tokens of service accounts
     * @param clock determines the age of an object
     */
    public ResourceApi(Verbs verbs, TokenRequests tokens, Clock clock) {
        this.verbs = verbs;
        this.tokens = tokens;
        this.tables = new Tables(clock);
        ModelFields models = new ModelFields();
        this.unknownFields = new UnknownFields(models);
        this.fieldTypes = new FieldTypes(models);
    }

    /** Serves a request; clients that ask for a Table get the answer as one. */
    Reply serve(ApiRequest request, ResourceTarget target) {
        Reply reply = plain(request, target);
        return Tables.wanted(request) && reply instanceof Reply.Body(int code, ObjectNode body, List<String> warnings)
                ? new Reply.Body(code, table(request, target, body), warnings)
                : reply;
    }

    private ObjectNode table(ApiRequest request, ResourceTarget target, ObjectNode body) {
        return tables.table(target.kind(), request.query().getOrDefault("includeObject", "Metadata"), body);
    }

    private Reply plain(ApiRequest request, ResourceTarget target) {
        String dryRun = request.query().getOrDefault("dryRun", "");
        if (!dryRun.isEmpty() && !dryRun.equals("All")) {
            throw ApiException.badRequest("dryRun: Unsupported value: \"" + dryRun + "\": supported values: \"All\"");
        }
        RequestContext context = new RequestContext(request.caller(), !dryRun.isEmpty());
        boolean watch = request.parameterIsTrue("watch");
        if (!target.subresource().isEmpty()) {
            return subresource(context, request, target);
        }
        return switch (target.verb(request.method(), watch)) {
            case "watch" ->
                new Reply.Watch(verbs.reader()
                        .watch(target, request, Tables.wanted(request) ? o -> table(request, target, o) : o -> o));
            case "list" -> Reply.ok(verbs.reader().list(target, request));
            case "get" -> Reply.ok(verbs.reader().get(target));
            case "create" -> {
                requireName(target, target.name().isEmpty());
                requireNamespace(target);
                yield object(
                        201,
                        target,
                        verbs.creation()
                                .create(context, target.kind(), target.namespace(), read(context, request, target)),
                        context);
            }
            case "update" -> {
                requireName(target, !target.name().isEmpty());
                yield object(200, target, put(context, request, target), context);
            }
            case "patch" -> {
                requireName(target, !target.name().isEmpty());
                yield object(200, target, patch(context, request, target), context);
            }
            case "delete" -> delete(context, request, target);
            default -> deleteCollection(context, request, target);
        };
    }

    private Reply subresource(RequestContext context, ApiRequest request, ResourceTarget target) {
        String subresource = target.subresource();
        String method = request.method();
        ResourceKind kind = target.kind();
        if (subresource.equals("status") && kind.is(ResourceKind.Trait.STATUS)) {
            return switch (method) {
                case "GET" -> Reply.ok(verbs.reader().get(target));
                case "PUT" -> object(200, target, put(context, request, target), context);
                case "PATCH" -> object(200, target, patch(context, request, target), context);
                default ->
                    throw ApiException.methodNotAllowed(
                            "the server does not allow this method on the requested resource: " + method);
            };
        }
        if (kind.isPod()
                && method.equals("POST")
                && (subresource.equals("binding") || subresource.equals(ResourceTarget.BINDINGS))) {
            ObjectNode body = Json.parseObject(request.body());
            String name = target.name().isEmpty() ? ObjectMeta.name(body) : target.name();
            verbs.binding().bind(context, new ObjectKey(kind, target.namespace(), name), body);
            return new Reply.Body(201, success(kind, name, ""), context.warnings());
        }
        if (kind.isPod() && method.equals("POST") && subresource.equals("eviction")) {
            verbs.eviction().evict(context, target.key(), Json.parseObject(request.body()));
            return new Reply.Body(201, success(kind, target.name(), ""), context.warnings());
        }
        if (kind.isCore("serviceaccounts") && method.equals("POST") && subresource.equals("token")) {
            return new Reply.Body(201, tokens.issue(target.key(), Json.parseObject(request.body())), List.of());
        }
        throw Refusals.subresource(target);
    }

    private ObjectNode put(RequestContext context, ApiRequest request, ResourceTarget target) {
        return verbs.update()
                .replace(context, target.kind(), target.key(), target.subresource(), read(context, request, target));
    }

    private ObjectNode read(RequestContext context, ApiRequest request, ResourceTarget target) {
        String mediaType = request.mediaType();
        if (!READ_MEDIA_TYPES.contains(mediaType)) {
            throw Refusals.mediaType(mediaType);
        }
        ObjectNode object = known(context, request, target, Json.parseObject(request.body()));
        Optional<String> wrong = fieldTypes.wrong(target.kind(), object);
        if (wrong.isPresent()) {
            throw unreadable(target.kind(), wrong.get());
        }
        return object;
    }

    private ObjectNode patched(RequestContext context, ApiRequest request, ResourceTarget target, ObjectNode patched) {
        ObjectNode object = known(context, request, target, patched);
        Optional<String> wrong = fieldTypes.wrong(target.kind(), object);
        if (wrong.isPresent()) {
            throw ApiException.invalidPatch(object, wrong.get());
        }
        return object;
    }

    private static ApiException unreadable(ResourceKind kind, String why) {
        return ApiException.badRequest(kind.kind() + " in version \"" + kind.version() + "\" cannot be handled as a "
                + kind.kind() + ": " + why);
    }

    /**
     * Returns the object without the fields that its type does not have; with strict validation, such a field is an
     * error.
     */
    private ObjectNode known(RequestContext context, ApiRequest request, ResourceTarget target, ObjectNode object) {
        List<String> unknown = unknownFields.drop(target.kind(), object).stream()
                .map(field -> "unknown field \"" + field + '"')
                .toList();
        switch (request.query().getOrDefault("fieldValidation", "Warn")) {
            case "Ignore" -> {
                // As requested: dropped silently.
            }
            case "Strict" -> {
                if (!unknown.isEmpty()) {
                    throw unreadable(target.kind(), "strict decoding error: " + String.join(", ", unknown));
                }
            }
            default -> unknown.forEach(context::warn);
        }
        return object;
    }

    private ObjectNode patch(RequestContext context, ApiRequest request, ResourceTarget target) {
        Patch patch = Patch.parse(request.mediaType(), request.body());
        return verbs.update()
                .patch(
                        context,
                        target.kind(),
                        target.key(),
                        target.subresource(),
                        object -> patched(context, request, target, patch.apply(object)));
    }

    private Reply delete(RequestContext context, ApiRequest request, ResourceTarget target) {
        DeleteOptions options = options(request);
        RequestContext deletion = options.dryRun() ? context.asDryRun() : context;
        ObjectDeletion.Outcome outcome = verbs.deletion().delete(deletion, target.key(), options);
        if (outcome.gone() && !target.kind().is(ResourceKind.Trait.RETURNS_DELETED)) {
            ObjectNode status = success(target.kind(), target.name(), ObjectMeta.uid(outcome.object()));
            return new Reply.Body(200, status, deletion.warnings());
        }
        return object(200, target, outcome.object(), deletion);
    }

    private Reply deleteCollection(RequestContext context, ApiRequest request, ResourceTarget target) {
        DeleteOptions options = options(request);
        RequestContext deletion = options.dryRun() ? context.asDryRun() : context;
        ObjectNode list = Json.object()
                .put("kind", target.kind().listKind())
                .put("apiVersion", target.kind().apiVersion());
        list.putObject("metadata");
        ArrayNode items = list.putArray("items");
        for (ObjectNode chosen : verbs.reader().choose(target, request)) {
            ObjectKey key = new ObjectKey(
                    target.key().kind(), Json.text(chosen, "metadata", "namespace"), ObjectMeta.name(chosen));
            try {
                ObjectNode deleted =
                        verbs.deletion().delete(deletion, key, options).object();
                items.add(EventConversion.fromStored(target.kind(), deleted));
            } catch (ApiException e) {
                // Another client was faster, and the object is gone as requested.
                if (e.code() != 404) {
                    throw e;
                }
            }
        }
        return new Reply.Body(200, list, deletion.warnings());
    }

    private static DeleteOptions options(ApiRequest request) {
        return DeleteOptions.parse(Json.parseObject(request.body()), request.parameter("gracePeriodSeconds"));
    }

    private static Reply object(int code, ResourceTarget target, ObjectNode stored, RequestContext context) {
        return new Reply.Body(code, EventConversion.fromStored(target.kind(), stored), context.warnings());
    }

    private static ObjectNode success(ResourceKind kind, String name, String uid) {
        ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        ObjectNode details = status.put("status", "Success").putObject("details");
        details.put("name", name).put("kind", kind.plural());
        if (!kind.group().isEmpty()) {
            details.put("group", kind.group());
        }
        if (!uid.isEmpty()) {
            details.put("uid", uid);
        }
        return status;
    }

    private static void requireName(ResourceTarget target, boolean asItShouldBe) {
        if (!asItShouldBe) {
            throw ApiException.methodNotAllowed("the server does not allow this method on the requested resource: "
                    + target.kind().plural());
        }
    }

    private static void requireNamespace(ResourceTarget target) {
        if (target.kind().namespaced() && target.namespace().isEmpty()) {
            throw ApiException.badRequest("an empty namespace may not be set during creation");
        }
    }
}
