package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.helidon.config.mp.MpConfigSources;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtenderStartTest {

    /** The JDK's thread behind the watch of a directory. */
    private static final String DIRECTORY_WATCH = "FileSystemWatchService";

    @TempDir
    Path directory;

    @Test
    void aStartThatFailsStopsWhatItHadStarted() {
        Config config = ConfigProviderResolver.instance()
                .getBuilder()
                .addDefaultSources()
                .withSources(MpConfigSources.create(Map.of(
                        "config_ordinal",
                        "1000",
                        "migpool.config.source",
                        "directory",
                        "migpool.config.directory",
                        directory.toString(),
                        "migpool.extender.lease",
                        "nameless")))
                .build();
        Set<Thread> before = directoryWatches();

        assertThatThrownBy(() -> Extender.start(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lease is 'nameless'");

        await().until(() -> before.containsAll(directoryWatches()));
    }

    private static Set<Thread> directoryWatches() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(DIRECTORY_WATCH))
                .collect(Collectors.toSet());
    }
}
