package io.migpool.contracts.wire;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;

/** The text of an Event as the API server takes it: at most 1024 bytes of UTF-8 ({@code NoteLengthLimit} of Kubernetes' events). */
public final class EventNote {

    private static final int MOST_BYTES = 1024;
    private static final String CUT = "...";

    private EventNote() {}

    /** These words if they fit, otherwise as much of their beginning as does, with three dots behind it. */
    public static String of(String words) {
        if (words.getBytes(StandardCharsets.UTF_8).length <= MOST_BYTES) {
            return words;
        }
        CharBuffer rest = CharBuffer.wrap(words);
        // An encoder that is out of room stops before the character that does not fit as a whole.
        var _ = StandardCharsets.UTF_8.newEncoder().encode(rest, ByteBuffer.allocate(MOST_BYTES - CUT.length()), true);
        return words.substring(0, rest.position()) + CUT;
    }
}
