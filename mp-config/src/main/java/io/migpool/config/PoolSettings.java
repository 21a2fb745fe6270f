package io.migpool.config;

import io.migpool.config.source.DocumentFeed;
import io.migpool.config.source.DocumentKind;
import io.migpool.config.source.DocumentSource;
import io.migpool.runtime.log.Logs;
import io.migpool.runtime.trace.PodTraces;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.Config;

/**
 * The settings of a running application: one per application, opened at start and closed when it ends. It fills the
 * {@link DocumentSource}s that it finds in the configuration, so that ordinary look-ups see the documents too, and owns
 * the watch that keeps them up to date.
 *
 * <p>Keys: {@code device-config.nvidia.…} and {@code node-config.nodeconfig.N.…}, list indices as path elements, inner
 * keys of {@code node-config} in lower case. A source above ordinal {@value DocumentSource#ORDINAL} overrides single
 * keys, for example the environment variable {@code NODE_CONFIG_NODECONFIG_0_OPERATINGMODE}.
 */
public final class PoolSettings implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(PoolSettings.class.getName());

    private final LiveDocument<DeviceSettings> devices;
    private final LiveDocument<NodeSettings> nodes;
    private final DocumentFeed feed;
    private final Config config;

    private PoolSettings(Config config, InstantSource clock) {
        this.config = config;
        DocumentSource deviceSource = source(config, DocumentKind.DEVICE);
        DocumentSource nodeSource = source(config, DocumentKind.NODE);
        feed = DocumentFeed.open(config, List.of(deviceSource, nodeSource));
        devices = new LiveDocument<>(DocumentBinding.DEVICES, config, deviceSource, clock);
        nodes = new LiveDocument<>(DocumentBinding.NODES, config, nodeSource, clock);
        devices.follow();
        nodes.follow();
        Stream.of(
                        OwnVariables.of(config, defaults(config).keySet()).strays(config),
                        OverrideVariables.KNOWN.strays(config))
                .flatMap(List::stream)
                .forEach(sentence -> LOG.log(System.Logger.Level.WARNING, sentence));
    }

    /**
     * Opens the live settings over a configuration. Waits up to {@code migpool.config.initial-wait} for the documents;
     * never fails because of a document.
     *
     * @throws IllegalArgumentException if {@code migpool.config.*} or {@code migpool.kubernetes.kubeconfig} is invalid;
     *     the message names key, value and remedy
     */
    public static PoolSettings open(Config config) {
        return open(config, InstantSource.system());
    }

    static PoolSettings open(Config config, InstantSource clock) {
        return new PoolSettings(config, clock);
    }

    /**
     * Finds the source of a document. In a configuration without discovered sources, the document is visible through
     * this class only.
     */
    private static DocumentSource source(Config config, DocumentKind kind) {
        return StreamSupport.stream(config.getConfigSources().spliterator(), false)
                .filter(DocumentSource.class::isInstance)
                .map(DocumentSource.class::cast)
                .filter(source -> source.kind() == kind)
                .findFirst()
                .orElseGet(() -> new DocumentSource(kind));
    }

    /** Returns the settings of the whole cluster ({@code device-config.yaml}). */
    public LiveSettings<DeviceSettings> devices() {
        return devices;
    }

    /** Returns the settings of individual nodes ({@code config.json}). */
    public LiveSettings<NodeSettings> nodes() {
        return nodes;
    }

    /** Returns the complete configuration in force at this moment, for people. */
    public EffectiveConfiguration effective() {
        return EffectiveConfiguration.of(
                config,
                defaults(config),
                Stream.of(devices, nodes)
                        .flatMap(document -> document.effective().stream())
                        .toList(),
                Map.of(DocumentKind.DEVICE.key(), devices.status(), DocumentKind.NODE.key(), nodes.status()));
    }

    /** Returns the defaults of the keys that all applications have. */
    private static Map<String, String> defaults(Config config) {
        Map<String, String> defaults = new HashMap<>(DocumentFeed.defaults(config));
        defaults.putAll(Logs.defaults());
        defaults.putAll(PodTraces.defaults());
        return defaults;
    }

    /** Ends the watches; the settings stay as they are. Idempotent. */
    @Override
    public void close() {
        feed.close();
    }
}
