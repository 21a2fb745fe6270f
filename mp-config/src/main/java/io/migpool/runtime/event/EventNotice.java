package io.migpool.runtime.event;

/**
 * What an Event says.
 *
 * @param reason one word in CamelCase
 * @param action what was being done, one word
 * @param note a sentence; cut to the 1 KiB that Kubernetes allows
 * @param topic notices of the same subject, reason and topic repeat each other
 */
public record EventNotice(
        EventSubject subject, EventSeverity severity, String reason, String action, String note, String topic) {

    public EventNotice {
        note = EventNote.of(note);
    }

    /** A notice that only the same note repeats. */
    public EventNotice(EventSubject subject, EventSeverity severity, String reason, String action, String note) {
        this(subject, severity, reason, action, note, EventNote.of(note));
    }
}
