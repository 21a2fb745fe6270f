package io.migpool.contracts.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.util.ArrayList;
import java.util.List;

/** Reads the JSON value of one annotation; every error names the path. */
record JsonFields(String key, String text, String path, JsonNode node) {

    static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Returns the elements of a JSON list of objects. */
    static List<JsonFields> list(String key, String text) throws MalformedAnnotationException {
        JsonNode root;
        try {
            root = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new MalformedAnnotationException(key, text, "not valid JSON (" + e.getOriginalMessage() + ")");
        }
        return new JsonFields(key, text, "", root).elements();
    }

    List<JsonFields> elements() throws MalformedAnnotationException {
        if (!node.isArray()) {
            throw malformed("must be a JSON list");
        }
        List<JsonFields> elements = new ArrayList<>();
        for (int i = 0; i < node.size(); i++) {
            JsonFields element = new JsonFields(key, text, path + "[" + i + "]", node.get(i));
            elements.add(element.object());
        }
        return elements;
    }

    /** Returns this element, which must be a JSON object. */
    JsonFields object() throws MalformedAnnotationException {
        if (!node.isObject()) {
            throw malformed("must be a JSON object");
        }
        return this;
    }

    boolean has(String name) {
        return node.hasNonNull(name);
    }

    JsonFields field(String name) throws MalformedAnnotationException {
        if (!has(name)) {
            throw new JsonFields(key, text, path + "." + name, node).malformed("is missing");
        }
        return new JsonFields(key, text, path + "." + name, node.get(name));
    }

    /** Returns the elements of a list that may be absent. */
    List<JsonFields> optionalList(String name) throws MalformedAnnotationException {
        return has(name) ? field(name).elements() : List.of();
    }

    String string(String name) throws MalformedAnnotationException {
        JsonFields field = field(name);
        if (!field.node.isTextual() || field.node.textValue().isBlank()) {
            throw field.malformed("must be a non-empty string");
        }
        return field.node.textValue();
    }

    /** Returns a whole number of 0 or more; absent means 0, because HAMi omits zeros. */
    int optionalCount(String name) throws MalformedAnnotationException {
        return has(name) ? count(name) : 0;
    }

    int count(String name) throws MalformedAnnotationException {
        long value = amount(name);
        if (value > Integer.MAX_VALUE) {
            throw field(name).malformed("must be a whole number of 0 or more");
        }
        return (int) value;
    }

    long optionalAmount(String name) throws MalformedAnnotationException {
        return has(name) ? amount(name) : 0;
    }

    long amount(String name) throws MalformedAnnotationException {
        JsonFields field = field(name);
        if (!field.node.isIntegralNumber() || !field.node.canConvertToLong() || field.node.longValue() < 0) {
            throw field.malformed("must be a whole number of 0 or more");
        }
        return field.node.longValue();
    }

    MigProfile profile(String name) throws MalformedAnnotationException {
        try {
            return MigProfile.parse(string(name));
        } catch (IllegalArgumentException e) {
            throw field(name).malformed(String.valueOf(e.getMessage()));
        }
    }

    /** Returns true or false; absent means false, because HAMi omits it. */
    boolean optionalFlag(String name) throws MalformedAnnotationException {
        if (!has(name)) {
            return false;
        }
        JsonFields field = field(name);
        if (!field.node.isBoolean()) {
            throw field.malformed("must be true or false");
        }
        return field.node.booleanValue();
    }

    /** Returns this object as a placement. */
    Placement asPlacement() throws MalformedAnnotationException {
        int start = optionalCount("start");
        int size = count("size");
        try {
            return new Placement(start, size);
        } catch (IllegalArgumentException e) {
            throw malformed(String.valueOf(e.getMessage()));
        }
    }

    MalformedAnnotationException malformed(String what) {
        return new MalformedAnnotationException(key, text, path.isEmpty() ? "it " + what : path + " " + what);
    }
}
