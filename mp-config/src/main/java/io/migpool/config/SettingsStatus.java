package io.migpool.config;

import io.migpool.config.source.ConfigMapRef;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The status of the latest version of a document.
 *
 * @param state whether the document in force is the latest one
 * @param problems sentences that name place, value and remedy; empty unless {@code state} is {@link State#INVALID}
 * @param warnings sentences about what is questionable but not invalid, for example an unknown key
 * @param since since when this state and these sentences have applied
 * @param document the ConfigMap key to report Events on; empty without a ConfigMap source
 */
public record SettingsStatus(
        State state, List<String> problems, List<String> warnings, Instant since, Optional<ConfigMapRef> document) {

    /** How far the latest version of a document got. */
    public enum State {
        /** The source has not answered yet, so it is unknown whether there is a document; defaults are in force. */
        WAITING,
        /** The latest document, or its known absence, is in force. */
        VALID,
        /** The latest document was rejected; the last good settings, or else the defaults, stay in force. */
        INVALID
    }

    public SettingsStatus {
        problems = List.copyOf(problems);
        warnings = List.copyOf(warnings);
    }

    /** Returns whether the settings in force are, as far as known, what the operator wrote last. */
    public boolean isValid() {
        return state != State.INVALID;
    }

    /** Returns all problems as one text for an Event or a log line; empty if there are none. */
    public String message() {
        return String.join("; ", problems);
    }
}
