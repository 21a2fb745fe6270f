package io.migpool.testbed.apiserver.tables;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.EventConversion;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.request.ApiRequest;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Converts objects to {@code meta.k8s.io/v1} Tables, which kubectl requests in order to print them. */
public final class Tables {
    private static final List<Column> PLAIN = List.of(Column.nameColumn(), Column.ageColumn());
    private static final Map<String, List<Column>> COLUMNS = Map.of(
            "pods", PodColumns.all(),
            "nodes", nodes(),
            "namespaces",
                    List.of(
                            Column.nameColumn(),
                            Column.text("Status", ns -> Json.text(ns, "status", "phase")),
                            Column.ageColumn()),
            "configmaps",
                    List.of(
                            Column.nameColumn(),
                            Column.number("Data", map -> entries(map, "data", "binaryData")),
                            Column.ageColumn()),
            "secrets",
                    List.of(
                            Column.nameColumn(),
                            Column.text("Type", secret -> Json.text(secret, "type")),
                            Column.number("Data", secret -> entries(secret, "data")),
                            Column.ageColumn()),
            "events", EventColumns.all(),
            "services", services(),
            "deployments", deployments(),
            "daemonsets", daemonSets(),
            "leases",
                    List.of(
                            Column.nameColumn(),
                            Column.text("Holder", lease -> Json.text(lease, "spec", "holderIdentity")),
                            Column.ageColumn()));

    private final Clock clock;

    /** Creates a converter that takes ages from the clock. */
    public Tables(Clock clock) {
        this.clock = clock;
    }

    /** Returns whether the request asks for a table. */
    public static boolean wanted(ApiRequest request) {
        return request.header("accept").contains("as=Table");
    }

    /** Returns one object or a list of them as a table; anything else unchanged. */
    public ObjectNode table(ResourceKind kind, String includeObject, ObjectNode body) {
        boolean list = Json.text(body, "kind").equals(kind.listKind());
        if (!list && !Json.text(body, "kind").equals(kind.kind())) {
            return body;
        }
        List<Column> columns = COLUMNS.getOrDefault(kind.plural(), PLAIN);
        ObjectNode table = Json.object().put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
        JsonNode metadata = body.path("metadata");
        ObjectNode tableMetadata = table.putObject("metadata");
        for (String field : List.of("resourceVersion", "continue", "remainingItemCount")) {
            if (metadata.has(field)) {
                tableMetadata.set(field, metadata.get(field));
            }
        }
        ArrayNode definitions = table.putArray("columnDefinitions");
        columns.forEach(column -> definitions
                .addObject()
                .put("name", column.name())
                .put("type", column.type())
                .put("format", column.name().equals("Name") ? "name" : "")
                .put("description", column.name())
                .put("priority", column.wide() ? 1 : 0));
        ArrayNode rows = table.putArray("rows");
        List<ObjectNode> objects = list ? Json.objects(body, "items") : List.of(body);
        Instant now = clock.instant();
        objects.forEach(object -> rows.add(row(columns, includeObject, EventConversion.toStored(kind, object), now)));
        return table;
    }

    private static ObjectNode row(List<Column> columns, String includeObject, ObjectNode object, Instant now) {
        ObjectNode row = Json.object();
        ArrayNode cells = row.putArray("cells");
        columns.forEach(column -> cells.add(column.cell().apply(object, now)));
        switch (includeObject) {
            case "None" -> {
                // Only the cells were requested.
            }
            case "Object" -> row.set("object", object);
            default ->
                row.putObject("object")
                        .put("kind", "PartialObjectMetadata")
                        .put("apiVersion", "meta.k8s.io/v1")
                        .set("metadata", object.get("metadata"));
        }
        return row;
    }

    private static List<Column> nodes() {
        return List.of(
                Column.nameColumn(),
                Column.text("Status", Tables::nodeStatus),
                Column.text("Roles", Tables::nodeRoles),
                Column.ageColumn(),
                Column.text("Version", node -> Json.text(node, "status", "nodeInfo", "kubeletVersion")),
                Column.wide("Internal-IP", node -> address(node, "InternalIP")),
                Column.wide("External-IP", node -> address(node, "ExternalIP")),
                Column.wide("OS-Image", node -> unknown(Json.text(node, "status", "nodeInfo", "osImage"))),
                Column.wide("Kernel-Version", node -> unknown(Json.text(node, "status", "nodeInfo", "kernelVersion"))),
                Column.wide(
                        "Container-Runtime",
                        node -> unknown(Json.text(node, "status", "nodeInfo", "containerRuntimeVersion"))));
    }

    private static String nodeStatus(ObjectNode node) {
        List<String> words = new ArrayList<>();
        words.add(Json.objects(node, "status", "conditions").stream()
                .filter(condition -> Json.text(condition, "type").equals("Ready"))
                .map(condition -> Json.text(condition, "status").equals("True") ? "Ready" : "NotReady")
                .findFirst()
                .orElse("Unknown"));
        if (Json.flag(node, "spec", "unschedulable")) {
            words.add("SchedulingDisabled");
        }
        return String.join(",", words);
    }

    private static String nodeRoles(ObjectNode node) {
        String prefix = "node-role.kubernetes.io/";
        return PodColumns.orNone(Json.strings(node, "metadata", "labels").keySet().stream()
                .filter(label -> label.startsWith(prefix))
                .map(label -> label.substring(prefix.length()))
                .sorted()
                .collect(Collectors.joining(",")));
    }

    private static String address(ObjectNode node, String type) {
        return PodColumns.orNone(Json.objects(node, "status", "addresses").stream()
                .filter(address -> Json.text(address, "type").equals(type))
                .map(address -> Json.text(address, "address"))
                .findFirst()
                .orElse(""));
    }

    private static String unknown(String text) {
        return text.isEmpty() ? "<unknown>" : text;
    }

    private static List<Column> services() {
        return List.of(
                Column.nameColumn(),
                Column.text("Type", service -> Json.text(service, "spec", "type")),
                Column.text("Cluster-IP", service -> PodColumns.orNone(Json.text(service, "spec", "clusterIP"))),
                Column.text("External-IP", service -> PodColumns.orNone("")),
                Column.text(
                        "Port(s)",
                        service -> PodColumns.orNone(Json.objects(service, "spec", "ports").stream()
                                .map(port -> Json.text(port, "port") + "/" + Json.text(port, "protocol"))
                                .collect(Collectors.joining(",")))),
                Column.ageColumn());
    }

    private static List<Column> deployments() {
        return List.of(
                Column.nameColumn(),
                Column.text(
                        "Ready",
                        deployment -> Json.number(deployment, 0, "status", "readyReplicas") + "/"
                                + Json.number(deployment, 1, "spec", "replicas")),
                Column.number("Up-to-date", deployment -> Json.number(deployment, 0, "status", "updatedReplicas")),
                Column.number("Available", deployment -> Json.number(deployment, 0, "status", "availableReplicas")),
                Column.ageColumn());
    }

    private static List<Column> daemonSets() {
        return List.of(
                Column.nameColumn(),
                Column.number("Desired", set -> Json.number(set, 0, "status", "desiredNumberScheduled")),
                Column.number("Current", set -> Json.number(set, 0, "status", "currentNumberScheduled")),
                Column.number("Ready", set -> Json.number(set, 0, "status", "numberReady")),
                Column.number("Up-to-date", set -> Json.number(set, 0, "status", "updatedNumberScheduled")),
                Column.number("Available", set -> Json.number(set, 0, "status", "numberAvailable")),
                Column.text(
                        "Node Selector",
                        set -> PodColumns.orNone(
                                Json.strings(set, "spec", "template", "spec", "nodeSelector").entrySet().stream()
                                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                                        .collect(Collectors.joining(",")))),
                Column.ageColumn());
    }

    private static long entries(ObjectNode object, String... maps) {
        long entries = 0;
        for (String map : maps) {
            entries += object.path(map).size();
        }
        return entries;
    }
}
