package io.migpool.config;

import io.migpool.config.source.NearestKey;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * The environment variables for an application's own settings.
 *
 * @param known the variables of all its keys, without {@value #PREFIX}
 */
record OwnVariables(Set<String> known) {

    private static final String FAMILY = "migpool.";
    private static final String PREFIX = "MIGPOOL_";

    /** First elements of the keys of all applications: one manifest may set the variables of several. */
    private static final List<String> GROUPS = List.of(
            "ADMISSION",
            "AGENT",
            "CDI",
            "CONFIG",
            "EXTENDER",
            "GPU",
            "HAMI_CORE",
            "HEALTH",
            "INJECT",
            "INSTANCE",
            "KUBELET",
            "KUBERNETES",
            "LOG",
            "MIG_MANAGER",
            "NODE",
            "NVML",
            "POD_RESOURCES",
            "PRESTART",
            "PROC",
            "REPAIR",
            "SCHEDULING",
            "SIMULATED",
            "STATE",
            "USAGE");

    /**
     * Returns those of the application whose defaults a configuration has.
     *
     * @param shared keys that all applications have
     */
    static OwnVariables of(Config config, Set<String> shared) {
        Set<String> keys = new TreeSet<>(shared);
        StreamSupport.stream(config.getConfigSources().spliterator(), false)
                .filter(source -> source.getOrdinal() <= ConfigSource.DEFAULT_ORDINAL
                        && source.getName().endsWith(EffectiveConfiguration.DEFAULTS))
                .forEach(source -> keys.addAll(source.getPropertyNames()));
        return new OwnVariables(keys.stream()
                .filter(key -> key.startsWith(FAMILY))
                .map(key -> VariableNames.of(key.substring(FAMILY.length())))
                .collect(Collectors.toUnmodifiableSet()));
    }

    /**
     * Returns a sentence about each variable that stands for none of the keys, nor for another application's, in order.
     */
    List<String> strays(Config config) {
        return VariableNames.in(config)
                .beginningWith(PREFIX)
                .map(name -> name.substring(PREFIX.length()))
                .filter(name -> !known.contains(name) && !isAnotherApplications(name))
                .map(this::sentence)
                .toList();
    }

    private boolean isAnotherApplications(String name) {
        return GROUPS.stream()
                .map(group -> group + "_")
                .filter(name::startsWith)
                .anyMatch(group -> known.stream().noneMatch(key -> key.startsWith(group)));
    }

    private String sentence(String name) {
        return "the environment variable %s%s is ignored, there is no such setting%s"
                .formatted(
                        PREFIX,
                        name,
                        NearestKey.to(name, known)
                                .map(key -> "; did you mean " + PREFIX + key + "?")
                                .orElse(""));
    }
}
