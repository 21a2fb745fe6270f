package io.migpool.contracts.wire;

/**
 * An annotation whose value does not follow its format. Checked, so that callers cannot let one bad object stop work on
 * others.
 */
public final class MalformedAnnotationException extends Exception {

    private static final long serialVersionUID = 1L;
    /** Annotations may be as long as 256 KiB; a message has to fit into an Event. */
    private static final int QUOTED_CHARACTERS = 120;

    private static final int PROBLEM_CHARACTERS = 300;

    private final String key;

    /**
     * @param key annotation key
     * @param value its value; shortened in the message
     * @param problem what is wrong and what would be right; shortened too, because it may quote the value
     */
    public MalformedAnnotationException(String key, String value, String problem) {
        super("annotation %s is malformed: %s; it is '%s'"
                .formatted(key, shortened(problem, PROBLEM_CHARACTERS), shortened(value, QUOTED_CHARACTERS)));
        this.key = key;
    }

    private static String shortened(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most) + "…";
    }

    /** The annotation's key. */
    public String key() {
        return key;
    }
}
