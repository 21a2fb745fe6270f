package io.migpool.extender.observe;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes gauges in the text formats of Prometheus and OpenMetrics, which agree on gauges. All samples of a figure must
 * follow its head.
 */
final class GaugeText {

    private static final int NEW_LINE = '\n';
    private static final int SPACE = ' ';

    private final OutputStream out;
    private byte[] name = {};

    GaugeText(OutputStream out) {
        this.out = out;
    }

    /** Begins a figure. */
    void head(String figure, String help) throws IOException {
        name = figure.getBytes(StandardCharsets.UTF_8);
        out.write("# HELP %s %s\n# TYPE %s gauge\n"
                .formatted(figure, help, figure)
                .getBytes(StandardCharsets.UTF_8));
    }

    /** Writes a sample of the figure begun last. */
    void sample(LabelText labels, double value) throws IOException {
        out.write(name);
        labels.writeTo(out);
        out.write(SPACE);
        out.write(Double.toString(value).getBytes(StandardCharsets.ISO_8859_1));
        out.write(NEW_LINE);
    }
}
