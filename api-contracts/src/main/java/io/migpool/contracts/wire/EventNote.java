package io.migpool.contracts.wire;

/** The text of an Event as the API server takes it: at most 1024 bytes of UTF-8 ({@code NoteLengthLimit} of Kubernetes' events). */
public final class EventNote {

    private static final int MOST_BYTES = 1024;
    private static final String CUT = "...";

    private EventNote() {}

    /** These words if they fit, otherwise as much of their beginning as does, with three dots behind it. */
    public static String of(String words) {
        return fitting(words, MOST_BYTES) == words.length()
                ? words
                : words.substring(0, fitting(words, MOST_BYTES - CUT.length())) + CUT;
    }

    /** How many {@code char}s from the beginning take at most so many bytes, none of them half a character. */
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
