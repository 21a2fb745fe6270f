package io.migpool.runtime.trace;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.trace.IdGenerator;
import java.util.Optional;
import java.util.regex.Pattern;

/** Derives the ids of the first span of a pod's trace from the pod's uid; all other spans get random ones. */
final class PodSpanIds implements IdGenerator {

    private static final ScopedValue<Ids> FIRST = ScopedValue.newInstance();
    private static final Pattern UUID = Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    private static final int SPAN_ID_DIGITS = 16;

    private final IdGenerator random = IdGenerator.random();

    /**
     * Ids of the root span of a pod.
     *
     * @param trace the pod's uid without dashes
     * @param span its last 16 digits
     */
    record Ids(String trace, String span) {

        SpanContext asRemoteParent() {
            return SpanContext.createFromRemoteParent(trace, span, TraceFlags.getSampled(), TraceState.getDefault());
        }
    }

    /** Returns the ids for a pod; empty if its uid is not one that the API server assigns. */
    static Optional<Ids> of(String uid) {
        if (!UUID.matcher(uid).matches()) {
            return Optional.empty();
        }
        String digits = uid.replace("-", "");
        Ids ids = new Ids(digits, digits.substring(digits.length() - SPAN_ID_DIGITS));
        return ids.asRemoteParent().isValid() ? Optional.of(ids) : Optional.empty();
    }

    /** Runs an action in which the next span is the first of its trace. */
    static void with(Ids ids, Runnable action) {
        ScopedValue.where(FIRST, ids).run(action);
    }

    @Override
    public String generateSpanId() {
        return FIRST.isBound() ? FIRST.get().span() : random.generateSpanId();
    }

    @Override
    public String generateTraceId() {
        return FIRST.isBound() ? FIRST.get().trace() : random.generateTraceId();
    }
}
