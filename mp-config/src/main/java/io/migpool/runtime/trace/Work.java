package io.migpool.runtime.trace;

import java.time.Instant;
import java.util.Map;

/**
 * Work done for a pod, reported when it ends.
 *
 * @param name of the span, one word: {@code filter}, {@code bind}, {@code prestart}, {@code cut}
 * @param begin when it began; it ends when it is reported
 * @param attributes further attributes, named by OpenTelemetry's conventions where there are any
 * @param failure why it failed; empty if it did not
 */
public record Work(String name, Instant begin, Map<String, String> attributes, String failure) {

    public Work {
        attributes = Map.copyOf(attributes);
    }
}
