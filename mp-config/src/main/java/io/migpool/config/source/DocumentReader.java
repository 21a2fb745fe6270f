package io.migpool.config.source;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.migpool.config.source.DocumentNode.Mapping;
import io.migpool.config.source.DocumentNode.Scalar;
import io.migpool.config.source.DocumentNode.Sequence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads YAML or JSON into a {@link DocumentNode}, with the place of every node. Strict: a single document, no duplicate
 * keys.
 */
final class DocumentReader {

    private static final int DEEPEST = 32;
    private static final Pattern PLACE = Pattern.compile("\\[Source: .*?; line: (\\d+), column: (\\d+)]");
    private static final Pattern INTERNALS = Pattern.compile(", got this instead: <.*>");

    private final JsonParser parser;

    private DocumentReader(JsonParser parser) {
        this.parser = parser;
    }

    /** Reads YAML. An empty text is an empty mapping. */
    static DocumentNode yaml(String text) throws MalformedDocumentException {
        return read(new YAMLFactory(), text);
    }

    /** Reads JSON. An empty text is an empty mapping. */
    static DocumentNode json(String text) throws MalformedDocumentException {
        return read(new JsonFactory(), text);
    }

    private static DocumentNode read(JsonFactory format, String text) throws MalformedDocumentException {
        if (text.isBlank()) {
            return new Mapping(Map.of(), new Location(1, 1));
        }
        try (JsonParser parser = format.createParser(text)) {
            return new DocumentReader(parser).document();
        } catch (JsonProcessingException e) {
            throw new MalformedDocumentException(location(e.getLocation()), sentence(e) + remedy(text));
        } catch (IOException e) {
            throw new UncheckedIOException("reading a string cannot fail", e);
        }
    }

    private DocumentNode document() throws IOException, MalformedDocumentException {
        JsonToken first = parser.nextToken();
        if (first == null) {
            return new Mapping(Map.of(), new Location(1, 1));
        }
        DocumentNode root = node(first, here(), 0);
        if (parser.nextToken() != null) {
            throw new MalformedDocumentException(
                    here(), "a second document begins here; the ConfigMap key holds exactly one");
        }
        return root;
    }

    private DocumentNode node(JsonToken token, Location at, int depth) throws IOException, MalformedDocumentException {
        if (depth > DEEPEST) {
            throw new MalformedDocumentException(at, "nested deeper than " + DEEPEST + " levels, which no setting is");
        }
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw new MalformedDocumentException(
                    at, "alias '*" + parser.getText() + "' is not supported; write the value itself");
        }
        return switch (token) {
            case START_OBJECT -> mapping(at, depth);
            case START_ARRAY -> sequence(at, depth);
            case VALUE_NULL -> new Scalar("", at);
            default -> new Scalar(parser.getText(), at);
        };
    }

    private Mapping mapping(Location at, int depth) throws IOException, MalformedDocumentException {
        Map<String, DocumentNode> entries = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            Location keyAt = here();
            DocumentNode earlier = entries.get(key);
            if (earlier != null) {
                throw new MalformedDocumentException(
                        keyAt, "key '" + key + "' is already defined at " + earlier.at() + "; keep one of the two");
            }
            entries.put(key, node(parser.nextToken(), keyAt, depth + 1));
        }
        return new Mapping(entries, at);
    }

    private Sequence sequence(Location at, int depth) throws IOException, MalformedDocumentException {
        List<DocumentNode> elements = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            elements.add(node(token, here(), depth + 1));
        }
        return new Sequence(elements, at);
    }

    private Location here() {
        return location(parser.currentTokenLocation());
    }

    private static Location location(JsonLocation at) {
        return new Location(Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()));
    }

    /** Returns the parser's own message without its excerpts of the text, which it indents. */
    private static String sentence(JsonProcessingException e) {
        String plain = INTERNALS.matcher(e.getOriginalMessage()).replaceAll("");
        return PLACE.matcher(plain)
                .replaceAll("line $1, column $2")
                .lines()
                .filter(line -> !line.isBlank() && !Character.isWhitespace(line.charAt(0)))
                .collect(Collectors.joining(", "));
    }

    private static String remedy(String text) {
        return text.contains("{{")
                ? "; '{{' looks like a Helm template: install what 'helm template' prints, or write the value itself"
                : "";
    }
}
