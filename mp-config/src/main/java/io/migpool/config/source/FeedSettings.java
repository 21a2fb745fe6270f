package io.migpool.config.source;

import io.migpool.runtime.kubernetes.ApiServerClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
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
        Optional<Path> directory = text(config, DIRECTORY).map(Path::of);
        Store store = text(config, SOURCE).map(FeedSettings::store).orElseGet(() -> fallback(config));
        if (store == Store.DIRECTORY && directory.isEmpty()) {
            throw new IllegalArgumentException(
                    SOURCE + " is 'directory' but " + DIRECTORY + " is not set; name the directory of the mounts");
        }
        String namespace = text(config, NAMESPACE).orElse(DEFAULT_NAMESPACE);
        return new FeedSettings(
                store,
                ApiServerClient.of(config),
                directory,
                ref(namespace, text(config, DEVICE_CONFIGMAP), DocumentKind.DEVICE),
                ref(namespace, text(config, NODE_CONFIGMAP), DocumentKind.NODE),
                text(config, INITIAL_WAIT).map(FeedSettings::duration).orElse(DEFAULT_WAIT));
    }

    /** Returns the defaults; that of the source depends on the environment. */
    static Map<String, String> defaults(Config config) {
        return Map.of(
                SOURCE,
                nameOf(fallback(config)),
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

    private static Store fallback(Config config) {
        if (text(config, DIRECTORY).isPresent()) {
            return Store.DIRECTORY;
        }
        return ApiServerClient.of(config).isKnown() ? Store.API : Store.NONE;
    }

    private static String nameOf(Store store) {
        return store.name().toLowerCase(Locale.ROOT);
    }

    private static Store store(String name) {
        return Arrays.stream(Store.values())
                .filter(store -> store.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(SOURCE + " '" + name + "' is unknown; expected one of "
                        + Arrays.stream(Store.values())
                                .map(FeedSettings::nameOf)
                                .collect(Collectors.joining(", "))));
    }

    private static Duration duration(String text) {
        try {
            Duration duration = Duration.parse(text);
            if (!duration.isNegative()) {
                return duration;
            }
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(badDuration(text), e);
        }
        throw new IllegalArgumentException(badDuration(text));
    }

    private static String badDuration(String text) {
        return INITIAL_WAIT + " '" + text
                + "' is not a duration of zero or more; expected an ISO 8601 duration like PT5S";
    }

    private static Optional<String> text(Config config, String key) {
        return config.getOptionalValue(key, String.class).map(String::strip).filter(value -> !value.isEmpty());
    }
}
