package io.migpool.deviceplugin.geometry;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A mig-parted configuration, version 1 (NVIDIA mig-parted {@code api/spec/v1}): named descriptions of how the GPUs of a node
 * are cut.
 *
 * @param configs what each label stands for, in written order; each with at least one entry
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
     * The entries of a label.
     *
     * @throws MigSpecException naming the known labels if there is none of that name
     */
    public List<MigSpecEntry> config(String label) throws MigSpecException {
        List<MigSpecEntry> entries = configs.get(label);
        if (entries == null) {
            throw new MigSpecException(
                    "no configuration is called '%s'; there are %s".formatted(label, configs.keySet()));
        }
        return entries;
    }
}
