package io.migpool.config.source;

import java.util.Arrays;
import java.util.List;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.eclipse.microprofile.config.spi.ConfigSourceProvider;

/**
 * Adds an empty {@link DocumentSource} per document to every discovered configuration. It opens nothing: an
 * implementation may build a configuration more than once and does not signal when one ends.
 */
public final class DocumentSourceProvider implements ConfigSourceProvider {

    /** For the service loader. */
    public DocumentSourceProvider() {}

    @Override
    public Iterable<ConfigSource> getConfigSources(ClassLoader forClassLoader) {
        return List.copyOf(
                Arrays.stream(DocumentKind.values()).map(DocumentSource::new).toList());
    }
}
