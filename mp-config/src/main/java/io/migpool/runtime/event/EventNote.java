package io.migpool.runtime.event;

/**
 * Limits the text of an Event to what the API server accepts: 1024 bytes of UTF-8 (Kubernetes'
 * {@code NoteLengthLimit}).
 */
final class EventNote {

    private static final int MOST_BYTES = 1024;
    private static final String CUT = "...";

    private EventNote() {}

    /** Returns the text if it fits, otherwise as much of its beginning as fits, followed by three dots. */
    static String of(String words) {
        return fitting(words, MOST_BYTES) == words.length()
                ? words
                : words.substring(0, fitting(words, MOST_BYTES - CUT.length())) + CUT;
    }

    /** Returns how many leading {@code char}s fit in this many bytes, without splitting a character. */
    private static int fitting(String words, int mostBytes) {
        int bytes = 0;
        int index = 0;
        while (index < words.length()) {
            int character = words.codePointAt(index);
            bytes += bytes(character);
            if (bytes > mostBytes) {
                return index;
            }
            index += Character.charCount(character);
        }
        return index;
    }

    private static int bytes(int character) {
        if (character < 0x80) {
            return 1;
        }
        if (character < 0x800) {
            return 2;
        }
        return Character.isBmpCodePoint(character) ? 3 : 4;
    }
}
