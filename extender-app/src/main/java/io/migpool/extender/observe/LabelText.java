package io.migpool.extender.observe;

import java.nio.charset.StandardCharsets;

/** Labels as they follow the name of a metric; rendered once for all metrics that carry the same ones. */
final class LabelText {

    private final byte[] text;

    private LabelText(String text) {
        this.text = text.getBytes(StandardCharsets.UTF_8);
    }

    /** Renders labels given as alternating names and values, with the names in alphabetical order. */
    static LabelText of(Object... namesAndValues) {
        if (namesAndValues.length == 0) {
            return new LabelText("");
        }
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            if (i > 0) {
                text.append(',');
            }
            text.append(namesAndValues[i]).append("=\"");
            escape(String.valueOf(namesAndValues[i + 1]), text);
            text.append('"');
        }
        return new LabelText(text.append('}').toString());
    }

    private static void escape(String value, StringBuilder text) {
        int written = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\\' || c == '"' || c == '\n') {
                text.append(value, written, i).append('\\').append(c == '\n' ? 'n' : c);
                written = i + 1;
            }
        }
        text.append(value, written, value.length());
    }

    /** Returns the text in UTF-8; not to be modified. */
    byte[] bytes() {
        return text;
    }
}
