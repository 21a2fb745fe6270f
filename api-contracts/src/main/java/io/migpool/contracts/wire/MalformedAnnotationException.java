package io.migpool.contracts.wire;

/** An annotation whose value does not follow its format. Checked, so that one bad object never stops work on others. */
public final class MalformedAnnotationException extends Exception {

    private static final long serialVersionUID = 1L;
    private static final int QUOTED_CHARACTERS = 120;

    private final String key;

    /**
     * @param key annotation key
     * @param value its value; quoted shortened
     * @param problem what is wrong with it and what would be right
     */
    public MalformedAnnotationException(String key, String value, String problem) {
        super("annotation %s is malformed: %s; it is '%s'".formatted(key, problem, shortened(value)));
        this.key = key;
    }

    private static String shortened(String value) {
        return value.length() <= QUOTED_CHARACTERS ? value : value.substring(0, QUOTED_CHARACTERS) + "…";
    }

    /** The annotation's key. */
    public String key() {
        return key;
    }
}
