package io.migpool.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** How the devices of label-driven GPUs are offered and labelled, in the terms of NVIDIA's device plugin. */
public enum MigStrategy {
    /** GPUs only, however they are partitioned. */
    NONE,
    /** All GPUs are partitioned into one kind of device, which is offered in place of the GPU. */
    SINGLE,
    /** Each profile has a resource name of its own, alongside the GPUs that are not partitioned. */
    MIXED;

    /** Returns the spelling used in configuration and labels. */
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
