package io.migpool.runtime.trace;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.trace.IdGenerator;
import java.util.Optional;
import java.util.regex.Pattern;

/** Gives the first span of a pod's trace the ids that follow from the pod's uid, and all other spans random ones. */
final class PodSpanIds implements IdGenerator {

    private static final ScopedValue<Ids> FIRST = ScopedValue.newInstance();
    private static final Pattern UUID = Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    private static final int SPAN_ID_DIGITS = 16;

    private final IdGenerator random = IdGenerator.random();

    /**
     * Ids of the span under which all others of a pod stand.
     *
     * @param trace the pod's uid without dashes
     * @param span its last 16 digits
     */
    record Ids(String trace, String span) {

        SpanContext asRemoteParent() {
            return SpanContext.createFromRemoteParent(trace, span, TraceFlags.getSampled(), TraceState.getDefault());
        }
    }

    /** The ids for a pod; empty if its uid is none that the API server gives. */
    static Optional<Ids> of(String uid) {
        if (!UUID.matcher(uid).matches()) {
            return Optional.empty();
        }
        String digits = uid.replace("-", "");
        Ids ids = new Ids(digits, digits.substring(digits.length() - SPAN_ID_DIGITS));
        return ids.asRemoteParent().isValid() ? Optional.of(ids) : Optional.empty();
    }

    /** Runs with the next span being the first of its trace. */
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
