package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What is wrong in the volumes of a pod: their names, and the source that each has. */
final class VolumeErrors {
    private static final List<Required> REQUIRED = List.of(
            new Required("hostPath", "path"),
            new Required("secret", "secretName"),
            new Required("persistentVolumeClaim", "claimName"),
            new Required("configMap", "name"),
            new Required("csi", "driver"));
    private static final List<String> HOST_PATH_TYPES = List.of(
            "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket");

    private record Required(String source, String field) {}

    private VolumeErrors() {}

    static void check(String path, ObjectNode spec, List<FieldError> errors) {
        Set<String> names = new HashSet<>();
        int index = 0;
        for (ObjectNode volume : Json.objects(spec, "volumes")) {
            String field = path + "[" + index++ + "]";
            String name = Json.text(volume, "name");
            if (name.isEmpty()) {
                errors.add(FieldError.required(field + ".name", ""));
            } else if (!Names.isLabel(name)) {
                errors.add(FieldError.invalid(field + ".name", name, Names.LABEL_RULE));
            } else if (!names.add(name)) {
                errors.add(FieldError.duplicate(field + ".name", name));
            }
            source(field, volume, errors);
        }
    }

    private static void source(String path, ObjectNode volume, List<FieldError> errors) {
        List<String> sources = new ArrayList<>();
        volume.fieldNames().forEachRemaining(sources::add);
        sources.remove("name");
        sources.stream()
                .skip(1)
                .forEach(further -> errors.add(
                        FieldError.forbidden(path + "." + further, "may not specify more than 1 volume type")));
        for (Required required : REQUIRED) {
            if (volume.has(required.source())
                    && Json.text(volume, required.source(), required.field()).isEmpty()) {
                errors.add(FieldError.required(path + "." + required.source() + "." + required.field(), ""));
            }
        }
        FieldError.oneOf(path + ".hostPath.type", Json.text(volume, "hostPath", "type"), HOST_PATH_TYPES, errors);
    }
}
