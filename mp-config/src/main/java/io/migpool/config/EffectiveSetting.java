package io.migpool.config;

/**
 * One key with the value in force.
 *
 * @param key the key, as a property
 * @param value its value; masked if it is a secret
 * @param source where the value comes from, as text
 */
public record EffectiveSetting(String key, String value, String source) {

    /** The source of values that are not set anywhere. */
    static final String DEFAULT = "default";
}
