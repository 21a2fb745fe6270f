package io.migpool.admission.review;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;

/** The decision about the object under review. */
sealed interface Decision {

    /** Admitted as it is. */
    record Untouched() implements Decision {}

    /**
     * Reviewed and admitted.
     *
     * @param patch JSON patch operations, possibly none
     * @param warnings sentences for the user
     */
    record Admitted(ArrayNode patch, List<String> warnings) implements Decision {
        public Admitted {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * Refused.
     *
     * @param denials why, at least one
     * @param warnings sentences for the user
     */
    record Denied(List<Denial> denials, List<String> warnings) implements Decision {
        public Denied {
            denials = List.copyOf(denials);
            warnings = List.copyOf(warnings);
        }
    }
}
