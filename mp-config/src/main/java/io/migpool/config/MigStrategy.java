package io.migpool.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** How the devices of label-driven GPUs are offered and told, in the words of NVIDIA's device plugin. */
public enum MigStrategy {
    /** GPUs only, whatever they are cut into. */
    NONE,
    /** All GPUs are cut into one kind of device, which takes the place of the GPU. */
    SINGLE,
    /** Each profile has a name of its own, beside the GPUs that are not cut. */
    MIXED;

    /** As configuration and labels spell it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<MigStrategy> byWord(String word) {
        return Arrays.stream(values())
                .filter(strategy -> strategy.word().equals(word))
                .findFirst();
    }

    static String words() {
        return Arrays.stream(values()).map(MigStrategy::word).collect(Collectors.joining(", "));
    }
}
