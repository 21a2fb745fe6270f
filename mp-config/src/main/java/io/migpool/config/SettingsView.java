package io.migpool.config;

import io.migpool.config.source.DocumentKind;
import io.migpool.config.source.DocumentSource;
import io.migpool.config.source.Location;
import io.migpool.config.source.ParsedDocument;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigValue;
import org.eclipse.microprofile.config.spi.ConfigSource;

/** The properties of one document, together with the sources that override it. */
interface SettingsView {

    /** Returns the kind of document. */
    DocumentKind kind();

    /** Returns every key below the document's prefix that is set under its own name. */
    NavigableSet<String> keys();

    /** Returns the value of a key. */
    Optional<Found> find(String key);

    /** Returns where the document has this key, even if another source overrides it. */
    Optional<Location> location(String key);

    /**
     * A value and where it comes from.
     *
     * @param value never empty
     * @param override name of the source that is not the document; empty for the document
     */
    record Found(String value, Optional<String> override) {}

    /** Returns a view of a document on its own. */
    static SettingsView of(DocumentKind kind, ParsedDocument document) {
        return new SettingsView() {
            @Override
            public DocumentKind kind() {
                return kind;
            }

            @Override
            public NavigableSet<String> keys() {
                return new TreeSet<>(document.properties().keySet());
            }

            @Override
            public Optional<Found> find(String key) {
                return Optional.ofNullable(document.properties().get(key))
                        .filter(value -> !value.isEmpty())
                        .map(value -> new Found(value, Optional.empty()));
            }

            @Override
            public Optional<Location> location(String key) {
                return Optional.ofNullable(document.locations().get(key));
            }
        };
    }

    /**
     * Returns a view of a document within a configuration. Sources above {@link DocumentSource#ORDINAL} override the
     * document's keys; those below supply what it lacks. The copy of the document that the configuration itself holds
     * is ignored.
     *
     * @param documentSource name of the source that holds the document in the configuration
     */
    static SettingsView of(Config config, DocumentKind kind, ParsedDocument document, String documentSource) {
        SettingsView alone = of(kind, document);
        return new SettingsView() {
            @Override
            public DocumentKind kind() {
                return kind;
            }

            @Override
            public NavigableSet<String> keys() {
                NavigableSet<String> keys = alone.keys();
                for (ConfigSource source : config.getConfigSources()) {
                    if (!documentSource.equals(source.getName())) {
                        source.getPropertyNames().stream()
                                .filter(name -> name.startsWith(kind.prefix() + "."))
                                .forEach(keys::add);
                    }
                }
                return keys;
            }

            @Override
            public Optional<Found> find(String key) {
                ConfigValue set = config.getConfigValue(key);
                boolean override = set.getValue() != null
                        && !set.getValue().isEmpty()
                        && !documentSource.equals(set.getSourceName());
                if (override && set.getSourceOrdinal() > DocumentSource.ORDINAL) {
                    return found(set);
                }
                return alone.find(key).or(() -> override ? found(set) : Optional.empty());
            }

            private Optional<Found> found(ConfigValue set) {
                return Optional.of(new Found(set.getValue(), Optional.of(set.getSourceName())));
            }

            @Override
            public Optional<Location> location(String key) {
                return alone.location(key);
            }
        };
    }
}
