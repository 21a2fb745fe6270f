package io.migpool.admission.review;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * Refuses {@code NVIDIA_VISIBLE_DEVICES} of a pod that names devices which may be another pod's: kubelet appends the
 * pod's variables to those of Allocate, and an NVIDIA runtime that obeys the variable adds what the last one names.
 * Values that name no one's devices in particular are common in images and copied manifests, and only those are let
 * pass. As for privileged containers, this applies to all containers of the pod.
 */
final class NamedDevicesRule implements Rule {

    private static final String VARIABLE = "NVIDIA_VISIBLE_DEVICES";

    /** What the runtime takes for no device. */
    private static final List<String> NO_DEVICE = List.of("", "none", "void");

    /** All devices, or some by their position. */
    private static final Pattern UNNAMED = Pattern.compile("all|[0-9]+(:[0-9]+)?(,[0-9]+(:[0-9]+)?)*");

    private static final int LONGEST_QUOTE = 100;

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        return pod.containers().stream()
                .flatMap(container -> StreamSupport.stream(
                                container.json().path("env").spliterator(), false)
                        .filter(variable ->
                                VARIABLE.equals(variable.path("name").asText("")))
                        .map(variable -> opinion(container, variable)))
                .reduce(Opinion.NONE, Opinion::and);
    }

    private static Opinion opinion(PodContainer container, JsonNode variable) {
        if (variable.path("valueFrom").isObject()) {
            return refused(container, "is set from elsewhere (valueFrom)");
        }
        String value = variable.path("value").asText("").strip();
        if (NO_DEVICE.contains(value)) {
            return Opinion.NONE;
        }
        if (UNNAMED.matcher(value).matches()) {
            return Opinion.warn(
                    "container %s: %s is %s, which may replace the devices that the container is given; remove it"
                            .formatted(container.name(), VARIABLE, shown(value)));
        }
        return refused(container, "is '" + shown(value) + "'");
    }

    private static Opinion refused(PodContainer container, String what) {
        return Opinion.deny(
                Denial.Code.FORBIDDEN,
                "container %s: env %s %s, which may name devices of other pods; remove it: containers are told the devices that they are given"
                        .formatted(container.name(), VARIABLE, what));
    }

    private static String shown(String value) {
        return value.length() <= LONGEST_QUOTE ? value : value.substring(0, LONGEST_QUOTE) + "…";
    }
}
