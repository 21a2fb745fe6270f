package io.migpool.extender.observe;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes gauges in the text formats of Prometheus and OpenMetrics, which agree on gauges. All samples of a metric must
 * follow its header. Hundreds of thousands of samples are written in a row, so they are gathered here without the lock that
 * buffered streams take for each piece; {@link #flush} hands over what is left.
 */
final class GaugeText {

    private static final int BUFFER_BYTES = 1 << 16;

    private final OutputStream out;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int filled;
    private byte[] name = {};

    GaugeText(OutputStream out) {
        this.out = out;
    }

    /** Begins a metric. */
    void head(String figure, String help) throws IOException {
        name = figure.getBytes(StandardCharsets.UTF_8);
        write("# HELP %s %s\n# TYPE %s gauge\n".formatted(figure, help, figure).getBytes(StandardCharsets.UTF_8));
    }

    /** Writes a sample of the current metric. */
    void sample(LabelText labels, double value) throws IOException {
        write(name);
        write(labels.bytes());
        write((" " + value + "\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Writes what is buffered to the underlying stream. */
    void flush() throws IOException {
        out.write(buffer, 0, filled);
        filled = 0;
        out.flush();
    }

    private void write(byte[] text) throws IOException {
        if (text.length > buffer.length - filled) {
            out.write(buffer, 0, filled);
            filled = 0;
        }
        if (text.length > buffer.length) {
            out.write(text);
        } else {
            System.arraycopy(text, 0, buffer, filled, text.length);
            filled += text.length;
        }
    }
}
