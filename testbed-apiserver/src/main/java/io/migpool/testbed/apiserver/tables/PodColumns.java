package io.migpool.testbed.apiserver.tables;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import java.util.List;

/** The columns of {@code kubectl get pods}. */
final class PodColumns {
    private static final String NONE = "<none>";

    private PodColumns() {}

    static List<Column> all() {
        return List.of(
                Column.nameColumn(),
                Column.text("Ready", PodColumns::ready),
                Column.text("Status", PodColumns::status),
                Column.text("Restarts", pod -> Long.toString(restarts(pod))),
                Column.ageColumn(),
                Column.wide("IP", pod -> orNone(Json.text(pod, "status", "podIP"))),
                Column.wide("Node", pod -> orNone(Json.text(pod, "spec", "nodeName"))),
                Column.wide("Nominated Node", pod -> orNone(Json.text(pod, "status", "nominatedNodeName"))),
                Column.wide("Readiness Gates", pod -> NONE));
    }

    private static String ready(ObjectNode pod) {
        long ready = Json.objects(pod, "status", "containerStatuses").stream()
                .filter(status -> Json.flag(status, "ready"))
                .count();
        return ready + "/" + Json.items(pod, "spec", "containers").size();
    }

    private static long restarts(ObjectNode pod) {
        return Json.objects(pod, "status", "containerStatuses").stream()
                .mapToLong(status -> Json.number(status, 0, "restartCount"))
                .sum();
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
                return ObjectMeta.isDeleting(pod) ? "Terminating" : stuck;
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
        return ObjectMeta.isDeleting(pod) ? "Terminating" : status;
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
