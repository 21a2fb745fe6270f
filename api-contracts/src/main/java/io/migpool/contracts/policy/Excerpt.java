package io.migpool.contracts.policy;

/** The beginning of a text that a user wrote, for messages: an annotation may be as long as 256 KiB. */
record Excerpt(String text) {

    static final int MOST_CHARACTERS = 63;

    @Override
    public String toString() {
        return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS) + "…";
    }
}
