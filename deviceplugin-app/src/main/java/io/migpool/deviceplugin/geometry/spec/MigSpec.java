package io.migpool.deviceplugin.geometry.spec;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A mig-parted configuration, version 1 (NVIDIA mig-parted {@code api/spec/v1}): named layouts of the GPUs of a node.
 *
 * @param configs the entries of each label, in written order; at least one each
 */
public record MigSpec(Map<String, List<MigSpecEntry>> configs) {

    public MigSpec {
        Map<String, List<MigSpecEntry>> copy = new LinkedHashMap<>();
        configs.forEach((label, entries) -> {
            if (entries.isEmpty()) {
                throw new IllegalArgumentException("mig-configs." + label + " is empty; it needs at least one entry");
            }
            copy.put(label, List.copyOf(entries));
        });
        configs = Collections.unmodifiableMap(copy);
    }

    /**
     * Returns the entries of a label.
     *
     * @throws MigSpecException if there is no such label; names the known ones
     */
    public List<MigSpecEntry> config(String label) throws MigSpecException {
        List<MigSpecEntry> entries = configs.get(label);
        if (entries == null) {
            throw new MigSpecException("no configuration is called '%s'; known: %s".formatted(label, configs.keySet()));
        }
        return entries;
    }
}
