package io.migpool.testbed.apiserver.tables;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The columns of {@code kubectl get pods}. */
final class PodColumns {
    private static final String NONE = "<none>";

    private PodColumns() {}

    static List<Column> all() {
        return List.of(
                Column.nameColumn(),
                Column.text("Ready", PodColumns::ready),
                Column.text("Status", PodColumns::status),
                new Column("Restarts", "string", false, (pod, now) -> TextNode.valueOf(restarts(pod, now))),
                Column.ageColumn(),
                Column.wide("IP", pod -> orNone(Json.text(pod, "status", "podIP"))),
                Column.wide("Node", pod -> orNone(Json.text(pod, "spec", "nodeName"))),
                Column.wide("Nominated Node", pod -> orNone(Json.text(pod, "status", "nominatedNodeName"))),
                Column.wide("Readiness Gates", pod -> NONE));
    }

    private static String ready(ObjectNode pod) {
        List<ObjectNode> running = running(pod);
        long ready =
                running.stream().filter(status -> Json.flag(status, "ready")).count();
        return ready + "/"
                + (Json.items(pod, "spec", "containers").size() + sidecars(pod).size());
    }

    /** Returns the number of restarts, and when the last one was if that is known. */
    private static String restarts(ObjectNode pod, Instant now) {
        long restarts = running(pod).stream()
                .mapToLong(status -> Json.number(status, 0, "restartCount"))
                .sum();
        String last = running(pod).stream()
                .map(status -> Json.text(status, "lastState", "terminated", "finishedAt"))
                .max(Comparator.naturalOrder())
                .orElse("");
        return restarts == 0 || last.isEmpty()
                ? Long.toString(restarts)
                : "%d (%s ago)".formatted(restarts, Column.age(last, now));
    }

    /** Returns the statuses of the containers that are meant to run: app containers and sidecars. */
    private static List<ObjectNode> running(ObjectNode pod) {
        Set<String> sidecars = sidecars(pod);
        return Stream.concat(
                        Json.objects(pod, "status", "containerStatuses").stream(),
                        Json.objects(pod, "status", "initContainerStatuses").stream()
                                .filter(status -> sidecars.contains(Json.text(status, "name"))))
                .toList();
    }

    private static Set<String> sidecars(ObjectNode pod) {
        return Json.objects(pod, "spec", "initContainers").stream()
                .filter(container -> Json.text(container, "restartPolicy").equals("Always"))
                .map(container -> Json.text(container, "name"))
                .collect(Collectors.toSet());
    }

    /** Returns the most informative word: why a pod is not running, rather than its phase. */
    private static String status(ObjectNode pod) {
        String phase = Json.text(pod, "status", "phase");
        String reason = Json.text(pod, "status", "reason");
        String status = reason.isEmpty() ? phase : reason;
        boolean gated = Json.objects(pod, "status", "conditions").stream()
                .anyMatch(condition -> Json.text(condition, "reason").equals("SchedulingGated"));
        if (gated) {
            status = "SchedulingGated";
        }
        List<ObjectNode> init = Json.objects(pod, "status", "initContainerStatuses");
        for (int i = 0; i < init.size(); i++) {
            String stuck = stuckInit(init.get(i), i, init.size());
            if (!stuck.isEmpty()) {
                return isTerminating(pod) ? "Terminating" : stuck;
            }
        }
        for (ObjectNode container :
                Json.objects(pod, "status", "containerStatuses").reversed()) {
            String waiting = Json.text(container, "state", "waiting", "reason");
            String terminated = Json.text(container, "state", "terminated", "reason");
            if (!waiting.isEmpty()) {
                status = waiting;
            } else if (!terminated.isEmpty()) {
                status = terminated;
            }
        }
        if (status.equals("Completed") && hasRunning(pod)) {
            status = isReady(pod) ? "Running" : "NotReady";
        }
        return isTerminating(pod) ? "Terminating" : status;
    }

    /** Returns whether it is being deleted; one that has ended keeps its word until it is gone. */
    private static boolean isTerminating(ObjectNode pod) {
        String phase = Json.text(pod, "status", "phase");
        return ObjectMeta.isDeleting(pod) && !phase.equals("Succeeded") && !phase.equals("Failed");
    }

    private static boolean hasRunning(ObjectNode pod) {
        return Json.objects(pod, "status", "containerStatuses").stream()
                .anyMatch(status -> Json.flag(status, "ready") && Json.has(status, "state", "running"));
    }

    private static boolean isReady(ObjectNode pod) {
        return Json.objects(pod, "status", "conditions").stream()
                .anyMatch(condition -> Json.text(condition, "type").equals("Ready")
                        && Json.text(condition, "status").equals("True"));
    }

    private static String stuckInit(ObjectNode container, int index, int count) {
        boolean done = Json.has(container, "state", "terminated")
                && Json.number(container, 0, "state", "terminated", "exitCode") == 0;
        boolean sidecarStarted = Json.flag(container, "started");
        if (done || sidecarStarted) {
            return "";
        }
        String waiting = Json.text(container, "state", "waiting", "reason");
        String terminated = Json.text(container, "state", "terminated", "reason");
        if (!terminated.isEmpty()) {
            return "Init:" + terminated;
        }
        return waiting.isEmpty() || waiting.equals("PodInitializing")
                ? "Init:" + index + "/" + count
                : "Init:" + waiting;
    }

    static String orNone(String text) {
        return text.isEmpty() ? NONE : text;
    }
}
