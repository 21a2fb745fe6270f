package io.migpool.runtime.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * Formats each record as one line of JSON: {@code time} (ISO 8601, UTC), {@code level}, {@code logger},
 * {@code message}, the fields of a {@link Decision} if the line has one, and {@code exception} with its stack trace if
 * there is one.
 */
final class JsonLines extends Formatter {

    private final JsonMapper json = JsonMapper.builder().build();

    @Override
    public String format(LogRecord line) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("time", line.getInstant().toString());
        fields.put("level", line.getLevel().getName());
        fields.put("logger", String.valueOf(line.getLoggerName()));
        fields.put("message", String.valueOf(formatMessage(line)));
        if (line.getParameters() != null) {
            for (Object parameter : line.getParameters()) {
                if (parameter instanceof Decision decision) {
                    fields.putAll(decision.fields());
                }
            }
        }
        if (line.getThrown() != null) {
            fields.put("exception", stack(line.getThrown()));
        }
        try {
            return json.writeValueAsString(fields) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("strings cannot be written as JSON", e);
        }
    }

    private static String stack(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }
}
