package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What is wrong in the containers of one pod. */
final class ContainerErrors {
    private static final List<String> PULL_POLICIES = List.of("Always", "IfNotPresent", "Never");
    private static final List<String> PROTOCOLS = List.of("SCTP", "TCP", "UDP");
    private static final List<String> PROBES = List.of("livenessProbe", "readinessProbe", "startupProbe");
    private static final List<String> HANDLERS = List.of("exec", "httpGet", "tcpSocket", "grpc");
    private static final Pattern PORT_NAME = Pattern.compile("(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?");

    private final ObjectNode spec;
    private final Set<String> volumes;
    private final List<FieldError> errors;
    private final Set<String> names = new HashSet<>();

    ContainerErrors(ObjectNode spec, List<FieldError> errors) {
        this.spec = spec;
        this.volumes = Json.objects(spec, "volumes").stream()
                .map(volume -> Json.text(volume, "name"))
                .collect(Collectors.toSet());
        this.errors = errors;
    }

    /** Checks all containers of a list; names are unique in all lists together. */
    void check(String path, String list) {
        int index = 0;
        for (ObjectNode container : Json.objects(spec, list)) {
            container(path + "." + list + "[" + index++ + "]", container);
        }
    }

    private void container(String path, ObjectNode container) {
        String name = Json.text(container, "name");
        if (name.isEmpty()) {
            errors.add(FieldError.required(path + ".name", ""));
        } else if (!names.add(name)) {
            errors.add(FieldError.duplicate(path + ".name", name));
        } else if (!Names.isLabel(name)) {
            errors.add(FieldError.invalid(path + ".name", name, Names.LABEL_RULE));
        }
        if (Json.text(container, "image").isBlank()) {
            errors.add(FieldError.required(path + ".image", ""));
        }
        FieldError.oneOf(path + ".imagePullPolicy", Json.text(container, "imagePullPolicy"), PULL_POLICIES, errors);
        EnvironmentErrors.check(path + ".env", container, errors);
        mounts(path + ".volumeMounts", container);
        ports(path + ".ports", container);
        for (String probe : PROBES) {
            if (container.get(probe) instanceof ObjectNode given
                    && HANDLERS.stream().noneMatch(given::has)) {
                errors.add(FieldError.required(path + "." + probe, "must specify a handler type"));
            }
        }
        ResourceErrors.check(path + ".resources", Json.child(container, "resources"), errors);
    }

    private void mounts(String path, ObjectNode container) {
        boolean privileged = Json.flag(container, "securityContext", "privileged");
        Set<String> places = new HashSet<>();
        int index = 0;
        for (ObjectNode mount : Json.objects(container, "volumeMounts")) {
            String field = path + "[" + index++ + "]";
            String volume = Json.text(mount, "name");
            String place = Json.text(mount, "mountPath");
            if (volume.isEmpty()) {
                errors.add(FieldError.required(field + ".name", ""));
            } else if (!volumes.contains(volume)) {
                errors.add(FieldError.notFound(field + ".name", volume));
            }
            if (place.isEmpty()) {
                errors.add(FieldError.required(field + ".mountPath", ""));
            } else if (!places.add(place)) {
                errors.add(FieldError.invalid(field + ".mountPath", place, "must be unique"));
            }
            if (Json.text(mount, "mountPropagation").equals("Bidirectional") && !privileged) {
                errors.add(FieldError.forbidden(
                        path + ".mountPropagation",
                        "Bidirectional mount propagation is available only to privileged containers"));
            }
        }
    }

    private void ports(String path, ObjectNode container) {
        Set<String> portNames = new HashSet<>();
        int index = 0;
        for (ObjectNode port : Json.objects(container, "ports")) {
            String field = path + "[" + index++ + "]";
            String name = Json.text(port, "name");
            long number = Json.number(port, 0, "containerPort");
            if (!name.isEmpty() && !PORT_NAME.matcher(name).matches()) {
                errors.add(FieldError.invalid(
                        field + ".name",
                        name,
                        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-), at most 15"));
            } else if (!name.isEmpty() && !portNames.add(name)) {
                errors.add(FieldError.duplicate(field + ".name", name));
            }
            if (number == 0) {
                errors.add(FieldError.required(field + ".containerPort", ""));
            } else {
                FieldError.port(field + ".containerPort", number, errors);
            }
            FieldError.oneOf(field + ".protocol", Json.text(port, "protocol"), PROTOCOLS, errors);
        }
    }
}
