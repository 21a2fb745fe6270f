package io.migpool.config.source;

import io.migpool.config.source.DocumentNode.Mapping;
import io.migpool.config.source.DocumentNode.Scalar;
import io.migpool.config.source.DocumentNode.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The documents that operators write, and how each is converted to properties. */
public enum DocumentKind {
    /** Cluster-wide settings: the {@code nvidia} section of HAMi's device configuration. */
    DEVICE("device-config", "hami-scheduler-device", "device-config.yaml") {
        @Override
        public ParsedDocument parse(String text) throws MalformedDocumentException {
            return parseDevices(text);
        }
    },
    /** Settings of individual nodes. Keys ignore case, as in HAMi; as properties they are in lower case. */
    NODE("node-config", "hami-device-plugin", "config.json") {
        @Override
        public ParsedDocument parse(String text) throws MalformedDocumentException {
            Mapping root = mapping(DocumentReader.json(text), "an object with a list 'nodeconfig'");
            return ParsedDocument.layOut(prefix(), lowerCase(root), List.of());
        }
    };

    /** MigPool's section; the document may have sections of other vendors next to it. */
    static final String SECTION = "nvidia";

    /** Tables that are also accepted at the top level, outside the section. */
    static final Set<String> TABLES = Set.of("knownMigGeometries", "migProfileAllowlist");

    private static final List<String> SECTION_AND_TABLES =
            Stream.concat(Stream.of(SECTION), TABLES.stream()).toList();

    private static final Pattern FOLDED = Pattern.compile("^( *)([A-Za-z]+): +- ");

    private final String prefix;
    private final String configMap;
    private final String key;

    DocumentKind(String prefix, String configMap, String key) {
        this.prefix = prefix;
        this.configMap = configMap;
        this.key = key;
    }

    /** Returns the first element of the properties' keys. */
    public String prefix() {
        return prefix;
    }

    /** Returns the name of the ConfigMap that holds it by default. */
    public String defaultConfigMap() {
        return configMap;
    }

    /** Returns the key in the ConfigMap. */
    public String key() {
        return key;
    }

    /**
     * Converts a text to properties.
     *
     * @throws MalformedDocumentException with line, column and remedy if the text is not such a document; values are
     *     not validated here
     */
    public abstract ParsedDocument parse(String text) throws MalformedDocumentException;

    private static ParsedDocument parseDevices(String text) throws MalformedDocumentException {
        try {
            return layOutDevices(text, List.of());
        } catch (MalformedDocumentException e) {
            // A manifest with "device-config.yaml: >-" (as printed in some instructions) folds the first two lines into
            // one.
            String unfolded = FOLDED.matcher(text).replaceFirst("$1$2:\n$1- ");
            if (unfolded.equals(text)) {
                throw e;
            }
            return layOutDevices(
                    unfolded,
                    List.of("line 1: '>' in the manifest folded two lines into one; they are read as two lines;"
                            + " write 'device-config.yaml: |'"));
        }
    }

    private static ParsedDocument layOutDevices(String text, List<String> warnings) throws MalformedDocumentException {
        Mapping root = mapping(DocumentReader.yaml(text), "a mapping with a section '" + SECTION + "'");
        DocumentNode nvidia = root.entries().getOrDefault(SECTION, new Mapping(Map.of(), root.at()));
        Map<String, DocumentNode> tables = new LinkedHashMap<>(root.entries());
        tables.keySet().retainAll(TABLES);
        if (!tables.isEmpty()) {
            nvidia = withTables(nvidia, tables);
        }
        return ParsedDocument.layOut(
                DEVICE.prefix() + "." + SECTION,
                nvidia,
                Stream.concat(warnings.stream(), misspelt(root)).toList());
    }

    private static Mapping withTables(DocumentNode nvidia, Map<String, DocumentNode> tables)
            throws MalformedDocumentException {
        Map<String, DocumentNode> all = new LinkedHashMap<>();
        if (!isEmpty(nvidia)) {
            all.putAll(mapping(nvidia, "a mapping").entries());
        }
        for (Map.Entry<String, DocumentNode> table : tables.entrySet()) {
            DocumentNode twice = all.putIfAbsent(table.getKey(), table.getValue());
            if (twice != null) {
                throw new MalformedDocumentException(
                        table.getValue().at(),
                        "'" + table.getKey() + "' is also set inside '" + SECTION + "' at " + twice.at()
                                + "; keep that one");
            }
        }
        return new Mapping(all, nvidia.at());
    }

    /** Other vendors' sections are ignored, which would hide a misspelt name of ours. */
    private static Stream<String> misspelt(Mapping root) {
        return root.entries().entrySet().stream()
                .filter(entry -> !entry.getKey().equals(SECTION) && !TABLES.contains(entry.getKey()))
                .flatMap(entry -> NearestKey.within(2, entry.getKey(), SECTION_AND_TABLES).stream()
                        .map(meant -> entry.getValue().at() + ": section '" + entry.getKey()
                                + "' is ignored; did you mean '" + meant + "'?"));
    }

    private static Mapping mapping(DocumentNode node, String expected) throws MalformedDocumentException {
        return switch (node) {
            case Mapping mapping -> mapping;
            case Scalar scalar -> {
                if (scalar.text().isEmpty()) {
                    yield new Mapping(Map.of(), scalar.at());
                }
                throw new MalformedDocumentException(
                        scalar.at(), "found '" + scalar.text() + "' where " + expected + " is expected");
            }
            case Sequence sequence ->
                throw new MalformedDocumentException(sequence.at(), "found a list where " + expected + " is expected");
        };
    }

    private static boolean isEmpty(DocumentNode node) {
        return node instanceof Scalar scalar && scalar.text().isEmpty();
    }

    private static DocumentNode lowerCase(DocumentNode node) throws MalformedDocumentException {
        return switch (node) {
            case Scalar scalar -> scalar;
            case Sequence sequence -> {
                List<DocumentNode> elements = new ArrayList<>();
                for (DocumentNode element : sequence.elements()) {
                    elements.add(lowerCase(element));
                }
                yield new Sequence(elements, sequence.at());
            }
            case Mapping mapping -> {
                Map<String, DocumentNode> entries = new LinkedHashMap<>();
                for (Map.Entry<String, DocumentNode> entry : mapping.entries().entrySet()) {
                    String name = entry.getKey().toLowerCase(Locale.ROOT);
                    DocumentNode twice = entries.putIfAbsent(name, lowerCase(entry.getValue()));
                    if (twice != null) {
                        throw new MalformedDocumentException(
                                entry.getValue().at(),
                                "key '" + entry.getKey() + "' is already defined at " + twice.at()
                                        + " (keys ignore case); keep one of the two");
                    }
                }
                yield new Mapping(entries, mapping.at());
            }
        };
    }
}
