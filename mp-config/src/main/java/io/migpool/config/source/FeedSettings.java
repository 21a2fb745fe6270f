package io.migpool.config.source;

import io.migpool.runtime.kubernetes.ApiServerClient;
import io.migpool.runtime.settings.SettingsReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/**
 * Where the documents come from ({@code migpool.config.*}).
 *
 * @param store kind of store
 * @param apiServer how to reach the API server
 * @param directory directory with the mounted ConfigMaps; empty unless {@code store} is {@link Store#DIRECTORY}
 * @param device the ConfigMap with the cluster-wide settings
 * @param node the ConfigMap with the settings of individual nodes
 * @param initialWait how long to wait for the first answer of the API server
 */
record FeedSettings(
        Store store,
        ApiServerClient apiServer,
        Optional<Path> directory,
        ConfigMapRef device,
        ConfigMapRef node,
        Duration initialWait) {

    static final String SOURCE = "migpool.config.source";
    static final String DIRECTORY = "migpool.config.directory";
    static final String NAMESPACE = "migpool.config.namespace";
    static final String DEVICE_CONFIGMAP = "migpool.config.device-configmap";
    static final String NODE_CONFIGMAP = "migpool.config.node-configmap";
    static final String INITIAL_WAIT = "migpool.config.initial-wait";

    private static final Map<String, Store> STORES =
            Map.of("api", Store.API, "directory", Store.DIRECTORY, "none", Store.NONE);
    private static final String DEFAULT_NAMESPACE = "kube-system";
    private static final Duration DEFAULT_WAIT = Duration.ofSeconds(5);

    /** Kinds of store. */
    enum Store {
        API,
        DIRECTORY,
        NONE
    }

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException if one of them is invalid; the message names key, value and remedy
     */
    static FeedSettings from(Config config) {
        SettingsReader own = new SettingsReader(config);
        Optional<Path> directory = own.optionalPath(DIRECTORY);
        Store store = own.ifSet(SOURCE, key -> own.choice(key, STORES)).orElseGet(() -> fallback(own));
        if (store == Store.DIRECTORY && directory.isEmpty()) {
            throw new IllegalArgumentException(
                    SOURCE + " is 'directory' but " + DIRECTORY + " is not set; name the directory of the mounts");
        }
        String namespace = own.optionalText(NAMESPACE).orElse(DEFAULT_NAMESPACE);
        return new FeedSettings(
                store,
                ApiServerClient.of(config),
                directory,
                ref(namespace, own.optionalText(DEVICE_CONFIGMAP), DocumentKind.DEVICE),
                ref(namespace, own.optionalText(NODE_CONFIGMAP), DocumentKind.NODE),
                own.ifSet(INITIAL_WAIT, own::duration).orElse(DEFAULT_WAIT));
    }

    /** Returns the defaults; that of the source depends on the environment. */
    static Map<String, String> defaults(Config config) {
        return Map.of(
                SOURCE,
                fallback(new SettingsReader(config)).name().toLowerCase(Locale.ROOT),
                ApiServerClient.KUBECONFIG,
                "",
                DIRECTORY,
                "",
                NAMESPACE,
                DEFAULT_NAMESPACE,
                DEVICE_CONFIGMAP,
                DocumentKind.DEVICE.defaultConfigMap(),
                NODE_CONFIGMAP,
                DocumentKind.NODE.defaultConfigMap(),
                INITIAL_WAIT,
                DEFAULT_WAIT.toString());
    }

    /** Returns where a document is stored. */
    ConfigMapRef ref(DocumentKind kind) {
        return switch (kind) {
            case DEVICE -> device;
            case NODE -> node;
        };
    }

    private static ConfigMapRef ref(String namespace, Optional<String> name, DocumentKind kind) {
        return ConfigMapRef.unseen(namespace, name.orElse(kind.defaultConfigMap()), kind.key());
    }

    private static Store fallback(SettingsReader own) {
        if (own.optionalText(DIRECTORY).isPresent()) {
            return Store.DIRECTORY;
        }
        return ApiServerClient.of(own.config()).isKnown() ? Store.API : Store.NONE;
    }
}
