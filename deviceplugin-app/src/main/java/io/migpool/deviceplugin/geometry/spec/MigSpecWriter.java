package io.migpool.deviceplugin.geometry.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes configurations so that mig-parted and {@link MigSpecReader} read them. */
public final class MigSpecWriter {

    private MigSpecWriter() {}

    /**
     * Returns YAML, as in the ConfigMap key {@code config.yaml}. Strings are quoted, because a filter without quotes is
     * a number.
     */
    public static String yaml(MigSpec spec) {
        return text(
                YAMLMapper.builder()
                        .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                        .build(),
                spec);
    }

    /** Returns indented JSON. */
    public static String json(MigSpec spec) {
        return text(
                JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build(), spec);
    }

    private static String text(ObjectMapper mapper, MigSpec spec) {
        Map<String, Object> configs = new LinkedHashMap<>();
        spec.configs()
                .forEach((label, entries) -> configs.put(
                        label, entries.stream().map(MigSpecWriter::entry).toList()));
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("version", MigSpecReader.V1);
        if (!configs.isEmpty()) {
            document.put("mig-configs", configs);
        }
        try {
            return mapper.writeValueAsString(document);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("maps of plain values cannot fail to be written", e);
        }
    }

    private static Map<String, Object> entry(MigSpecEntry entry) {
        Map<String, Object> written = new LinkedHashMap<>();
        List<String> filters =
                entry.filters().stream().map(DeviceFilter::toString).toList();
        if (!filters.isEmpty()) {
            written.put(MigSpecReader.FILTER, filters.size() == 1 ? filters.getFirst() : filters);
        }
        written.put(
                MigSpecReader.DEVICES,
                switch (entry.devices()) {
                    case DeviceSelection.All() -> MigSpecReader.ALL;
                    case DeviceSelection.Indices(List<Integer> indices) -> indices;
                });
        written.put(MigSpecReader.ENABLED, entry.migEnabled());
        if (entry.migEnabled()) {
            Map<String, Integer> counts = new LinkedHashMap<>();
            entry.migDevices().forEach((profile, count) -> counts.put(profile.toString(), count));
            written.put(MigSpecReader.MIG_DEVICES, counts);
        }
        return written;
    }
}
