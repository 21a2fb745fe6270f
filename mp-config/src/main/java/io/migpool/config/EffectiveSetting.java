package io.migpool.config;

/**
 * One key with the value that is in force.
 *
 * @param key the key, as a property
 * @param value its value; masked if the key is that of a secret
 * @param source where the value comes from, in words
 */
public record EffectiveSetting(String key, String value, String source) {

    /** The source of what nobody sets. */
    static final String DEFAULT = "default";
}
