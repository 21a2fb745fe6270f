package io.migpool.contracts.policy;

import io.migpool.contracts.wire.Annotations;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How much each resource counts when a policy asks how full a GPU is.
 *
 * @param slot weight of the share of its slots
 * @param core weight of the share of its compute
 * @param memory weight of the share of its memory
 */
public record ScoringWeights(int slot, int core, int memory) {

    /** Equal weights. */
    public static final ScoringWeights EQUAL = new ScoringWeights(1, 1, 1);

    private static final List<String> NAMES = List.of("slot", "core", "memory");

    public ScoringWeights {
        if (slot < 0 || core < 0 || memory < 0 || slot + core + memory == 0) {
            throw new IllegalArgumentException("none may be negative, and one must be above 0");
        }
    }

    /**
     * Reads {@code slot=1,core=1,memory=3}.
     *
     * @throws IllegalArgumentException if the text is malformed; names the annotation, its value and what would be
     *     right
     */
    public static ScoringWeights parse(String value) {
        try {
            Map<String, Integer> weights = new HashMap<>();
            for (String part : value.split(",", -1)) {
                String[] words = part.split("=", -1);
                if (words.length != 2
                        || !NAMES.contains(words[0].strip())
                        || weights.put(words[0].strip(), Integer.parseInt(words[1].strip())) != null) {
                    throw new IllegalArgumentException(part);
                }
            }
            if (weights.size() < NAMES.size()) {
                throw new IllegalArgumentException("a weight is missing");
            }
            int[] all = NAMES.stream()
                    .mapToInt(name -> weights.getOrDefault(name, 0))
                    .toArray();
            if (Arrays.stream(all).anyMatch(weight -> weight > Short.MAX_VALUE)) {
                throw new IllegalArgumentException("a weight is too large");
            }
            return new ScoringWeights(all[0], all[1], all[2]);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "%s '%s' is not valid: give slot, core and memory a whole number from 0 to %d each, not all 0, as in slot=1,core=1,memory=3"
                            .formatted(Annotations.DEVICE_SCORING_WEIGHTS, new Excerpt(value), Short.MAX_VALUE),
                    e);
        }
    }
}
