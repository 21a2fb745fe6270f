package io.migpool.deviceplugin.geometry.spec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.migpool.deviceplugin.geometry.spec.SpecNode.Mapping;
import io.migpool.deviceplugin.geometry.spec.SpecNode.Scalar;
import io.migpool.deviceplugin.geometry.spec.SpecNode.Sequence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads YAML or JSON into a {@link SpecNode}. Strict: a single document, no duplicate keys, no aliases. */
final class SpecDocument {

    private static final int DEEPEST = 8;
    /** Matches the beginning of JSON; unquoted keys mean YAML. */
    private static final Pattern JSON = Pattern.compile("\\s*\\{\\s*[\"}]");

    private final JsonParser parser;

    private SpecDocument(JsonParser parser) {
        this.parser = parser;
    }

    /** Reads a text, as JSON if it begins like JSON. An empty text is an empty mapping. */
    static SpecNode read(String text) throws MigSpecException {
        JsonFactory format = JSON.matcher(text).lookingAt() ? new JsonFactory() : new YAMLFactory();
        try (JsonParser parser = format.createParser(text)) {
            return new SpecDocument(parser).document();
        } catch (JsonProcessingException e) {
            String cause = e.getOriginalMessage().lines().findFirst().orElse("not readable");
            throw new MigSpecException("line %d: %s".formatted(line(e.getLocation()), cause));
        } catch (IOException e) {
            throw new UncheckedIOException("reading a string cannot fail", e);
        }
    }

    private SpecNode document() throws IOException, MigSpecException {
        JsonToken first = parser.nextToken();
        if (first == null || (first == JsonToken.VALUE_NULL && parser.nextToken() == null)) {
            return new Mapping(Map.of(), 1);
        }
        SpecNode root = node(first, line(), 0);
        if (parser.nextToken() != null) {
            throw new MigSpecException("line %d: a second document begins here; write one".formatted(line()));
        }
        return root;
    }

    private SpecNode node(JsonToken token, int line, int depth) throws IOException, MigSpecException {
        if (depth > DEEPEST) {
            throw new MigSpecException(
                    "line %d: nested deeper than %d levels, which no setting is".formatted(line, DEEPEST));
        }
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw new MigSpecException(
                    "line %d: alias '*%s'; write the value itself".formatted(line, parser.getText()));
        }
        return switch (token) {
            case START_OBJECT -> mapping(line, depth);
            case START_ARRAY -> sequence(line, depth);
            case VALUE_NULL -> new Scalar(Scalar.Type.NOTHING, "", line);
            case VALUE_NUMBER_INT -> new Scalar(Scalar.Type.INTEGER, parser.getText(), line);
            case VALUE_NUMBER_FLOAT -> new Scalar(Scalar.Type.OTHER_NUMBER, parser.getText(), line);
            case VALUE_TRUE -> new Scalar(Scalar.Type.TRUE, parser.getText(), line);
            case VALUE_FALSE -> new Scalar(Scalar.Type.FALSE, parser.getText(), line);
            default -> new Scalar(Scalar.Type.TEXT, parser.getText(), line);
        };
    }

    private Mapping mapping(int line, int depth) throws IOException, MigSpecException {
        Map<String, SpecNode> entries = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            int at = line();
            SpecNode earlier = entries.get(key);
            if (earlier != null) {
                throw new MigSpecException("line %d: key '%s' is already defined in line %d; keep one of the two"
                        .formatted(at, key, earlier.line()));
            }
            entries.put(key, node(parser.nextToken(), at, depth + 1));
        }
        return new Mapping(entries, line);
    }

    private Sequence sequence(int line, int depth) throws IOException, MigSpecException {
        List<SpecNode> elements = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            elements.add(node(token, line(), depth + 1));
        }
        return new Sequence(elements, line);
    }

    private int line() {
        return line(parser.currentTokenLocation());
    }

    private static int line(JsonLocation at) {
        return Math.max(1, at.getLineNr());
    }
}
