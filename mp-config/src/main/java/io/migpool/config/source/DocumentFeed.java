package io.migpool.config.source;

import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.Config;

/** Fills {@link DocumentSource}s from a store and keeps them up to date until it is closed. */
public interface DocumentFeed extends AutoCloseable {

    /**
     * Opens the configured feed. Each source has its document on return if the store answers within
     * {@code migpool.config.initial-wait}; otherwise the document arrives later.
     *
     * @throws IllegalArgumentException if {@code migpool.config.*} is invalid
     */
    static DocumentFeed open(Config config, List<DocumentSource> sources) {
        FeedSettings settings = FeedSettings.from(config);
        return switch (settings.store()) {
            case API -> ApiFeed.open(settings, sources);
            case DIRECTORY -> DirectoryFeed.open(settings, sources);
            case NONE -> () -> {};
        };
    }

    /** Returns the defaults of {@code migpool.config.*}, by key. */
    static Map<String, String> defaults(Config config) {
        return FeedSettings.defaults(config);
    }

    /** Stops updating the sources, which keep what they have. Idempotent. */
    @Override
    void close();
}
