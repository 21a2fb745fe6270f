package io.migpool.runtime.trace;

import java.time.Instant;
import java.util.Map;

/**
 * What was done for a pod, to be told when it is over.
 *
 * @param name of the span, one word: {@code filter}, {@code bind}, {@code prestart}, {@code cut}
 * @param begin when it began; it ends when it is told
 * @param attributes what else is to be known, by the names of OpenTelemetry's conventions where there are some
 * @param failure why it failed; empty if it did not
 */
public record Work(String name, Instant begin, Map<String, String> attributes, String failure) {

    public Work {
        attributes = Map.copyOf(attributes);
    }
}
