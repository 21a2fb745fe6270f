package io.migpool.deviceplugin.settings;

import io.migpool.deviceplugin.health.HealthChecks;
import io.migpool.deviceplugin.health.HealthSettings;
import io.migpool.deviceplugin.inject.DriverFiles;
import io.migpool.deviceplugin.inject.InjectSettings;
import io.migpool.deviceplugin.migmanager.MigConfigProtocol;
import io.migpool.deviceplugin.migmanager.MigManagerSettings;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/**
 * The agent's own settings, from MicroProfile Config.
 *
 * @param nodeName our Node's name ({@code migpool.node.name})
 * @param devicePluginDirectory kubelet's directory of sockets ({@code migpool.kubelet.device-plugin-dir})
 * @param stopDelay how long kubelet may still admit pods after the Node is marked as stopping ({@code
 *     migpool.kubelet.stop-delay})
 * @param podResourcesSocket kubelet's PodResources socket ({@code migpool.kubelet.pod-resources-socket})
 * @param translatedPodResourcesSocket socket on which PodResources is served with UUIDs instead of slots, or empty if
 *     it is not ({@code migpool.pod-resources.socket})
 * @param stateDirectory directory of the ownership file ({@code migpool.state.directory})
 * @param sweepInterval time between checks of all GPUs ({@code migpool.instance.sweep-interval})
 * @param evictAfter how long a pod waits for a blocked placement before it is evicted ({@code
 *     migpool.repair.evict-after})
 * @param displaceOperator whether the GPU Operator's device plugin and MIG Manager are turned off on this node
 *     ({@code migpool.node.displace-operator})
 * @param health how GPU health is determined ({@code DP_DISABLE_HEALTHCHECKS}, {@code DP_ENABLE_HEALTHCHECKS},
 *     {@code migpool.health.quiet-time})
 * @param inject how containers are given their devices
 * @param migManager how the node's label is followed
 */
public record AgentSettings(
        String nodeName,
        Path devicePluginDirectory,
        Duration stopDelay,
        Path podResourcesSocket,
        Optional<Path> translatedPodResourcesSocket,
        Path stateDirectory,
        Duration sweepInterval,
        Duration evictAfter,
        boolean displaceOperator,
        HealthSettings health,
        InjectSettings inject,
        MigManagerSettings migManager) {

    /** Key of the time for which an instance without a pod is kept. */
    public static final String IDLE_TTL = "migpool.instance.idle-ttl";

    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(10);
    private static final String NODE_NAME = "migpool.node.name";
    private static final String NOWHERE = "none";
    private static final String STRATEGY = "migpool.inject.strategy";
    private static final String DBUS_ADDRESS = "migpool.mig-manager.dbus-address";
    private static final String DEVICE_LIST = "migpool.inject.device-list";

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException if a value is invalid; names the key, the value and what would be right
     */
    public static AgentSettings of(Config config) {
        String nodeName = text(config, NODE_NAME, "");
        if (nodeName.isBlank()) {
            throw new IllegalArgumentException(NODE_NAME
                    + " is empty; set it, or the environment variable NODE_NAME, to this node's name in the cluster");
        }
        return new AgentSettings(
                nodeName,
                Path.of(text(config, "migpool.kubelet.device-plugin-dir", "/var/lib/kubelet/device-plugins")),
                duration(config, "migpool.kubelet.stop-delay", Duration.ofSeconds(2)),
                Path.of(text(
                        config, "migpool.kubelet.pod-resources-socket", "/var/lib/kubelet/pod-resources/kubelet.sock")),
                Optional.of(text(config, "migpool.pod-resources.socket", "/run/migpool/pod-resources.sock"))
                        .filter(path -> !path.equals(NOWHERE))
                        .map(Path::of),
                Path.of(text(config, "migpool.state.directory", "/var/lib/migpool")),
                interval(config, "migpool.instance.sweep-interval", Duration.ofSeconds(5)),
                duration(config, "migpool.repair.evict-after", Duration.ofMinutes(5)),
                flag(config, "migpool.node.displace-operator", false),
                new HealthSettings(
                        HealthChecks.of(
                                text(config, HealthChecks.DISABLE_KEY, ""), text(config, HealthChecks.ENABLE_KEY, "")),
                        duration(config, "migpool.health.quiet-time", Duration.ofMinutes(1))),
                new InjectSettings(
                        strategy(text(config, STRATEGY, "cdi-cri")),
                        deviceList(text(config, DEVICE_LIST, "environment")),
                        Path.of(text(config, "migpool.cdi.directory", "/var/run/cdi")),
                        new DriverFiles(
                                directories(
                                        config, "migpool.cdi.driver-directories", DriverFiles.USUAL.specifications()),
                                Path.of(text(config, "migpool.proc.directory", "/proc"))),
                        Path.of(text(config, "migpool.hami-core.hook-path", "/usr/local")),
                        Path.of(text(config, "migpool.hami-core.lock-directory", "/run/migpool/vgpulock")),
                        duration(config, "migpool.prestart.limit", Duration.ofSeconds(25)),
                        duration(config, "migpool.prestart.owner-limit", Duration.ofSeconds(10))),
                migManager(config));
    }

    private static MigManagerSettings migManager(Config config) {
        return new MigManagerSettings(
                new MigManagerSettings.Sources(
                        text(config, "migpool.mig-manager.namespace", "kube-system"),
                        text(config, "migpool.mig-manager.config-map", "custom-mig-config"),
                        optional(config, "migpool.mig-manager.config-file").map(Path::of),
                        optional(config, "migpool.mig-manager.default-config-file")
                                .map(Path::of),
                        text(config, "migpool.mig-manager.gpu-clients-config-map", "default-gpu-clients"),
                        optional(config, "migpool.mig-manager.gpu-clients-file").map(Path::of)),
                new MigManagerSettings.Permissions(
                        flag(config, "migpool.mig-manager.stop-host-services", false),
                        flag(config, "migpool.mig-manager.drain", false),
                        flag(config, "migpool.mig-manager.gpu-reset", true),
                        flag(config, "migpool.mig-manager.reboot", false)),
                new MigConfigProtocol.Patience(
                        duration(config, "migpool.mig-manager.clients-limit", Duration.ofMinutes(5)),
                        duration(config, "migpool.mig-manager.users-limit", Duration.ofMinutes(10)),
                        interval(config, "migpool.mig-manager.first-retry", Duration.ofSeconds(30)),
                        interval(config, "migpool.mig-manager.longest-retry", Duration.ofMinutes(10))),
                busAddress(text(config, DBUS_ADDRESS, "unix:path=/run/dbus/system_bus_socket")),
                flag(config, "migpool.mig-manager.device-plugin", true),
                flag(config, "migpool.mig-manager.feature-labels", false));
    }

    private static List<Path> directories(Config config, String key, List<Path> otherwise) {
        return optional(config, key)
                .map(value -> value.equals(NOWHERE)
                        ? List.<Path>of()
                        : Arrays.stream(value.split(",", -1))
                                .map(directory -> Path.of(directory.strip()))
                                .toList())
                .orElse(otherwise);
    }

    private static Optional<String> optional(Config config, String key) {
        return Optional.of(text(config, key, "")).filter(value -> !value.isEmpty());
    }

    private static boolean flag(Config config, String key, boolean otherwise) {
        String value = text(config, key, Boolean.toString(otherwise));
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(key + " is '" + value + "'; it must be true or false");
        };
    }

    /** Reads the interval of something that is repeated, which must not be zero. */
    public static Duration interval(Config config, String key, Duration otherwise) {
        Duration interval = duration(config, key, otherwise);
        if (interval.compareTo(SHORTEST_INTERVAL) < 0) {
            throw new IllegalArgumentException("%s is '%s'; write an ISO 8601 duration of at least %s such as PT5S"
                    .formatted(key, interval, SHORTEST_INTERVAL));
        }
        return interval;
    }

    /** Reads a duration in ISO 8601. */
    static Duration duration(Config config, String key, Duration otherwise) {
        String value = text(config, key, otherwise.toString());
        try {
            Duration duration = Duration.parse(value);
            if (!duration.isNegative()) {
                return duration;
            }
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(malformedDuration(key, value), e);
        }
        throw new IllegalArgumentException(malformedDuration(key, value));
    }

    private static String malformedDuration(String key, String value) {
        return "%s is '%s'; write an ISO 8601 duration of zero or more such as PT10M or PT0.5S".formatted(key, value);
    }

    private static String busAddress(String value) {
        if (value.matches("[a-z]+:[a-z]+=.+")) {
            return value;
        }
        throw new IllegalArgumentException(
                "%s is '%s'; write a D-Bus address such as unix:path=/run/dbus/system_bus_socket"
                        .formatted(DBUS_ADDRESS, value));
    }

    private static InjectSettings.Strategy strategy(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "cdi-cri" -> InjectSettings.Strategy.CDI_CRI;
            case "envvar" -> InjectSettings.Strategy.ENVIRONMENT;
            default ->
                throw new IllegalArgumentException(STRATEGY + " is '" + value + "'; it must be cdi-cri or envvar");
        };
    }

    private static InjectSettings.DeviceList deviceList(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "environment" -> InjectSettings.DeviceList.ENVIRONMENT;
            case "volume-mounts" -> InjectSettings.DeviceList.VOLUME_MOUNTS;
            default ->
                throw new IllegalArgumentException(
                        DEVICE_LIST + " is '" + value + "'; it must be environment or volume-mounts");
        };
    }

    private static String text(Config config, String key, String otherwise) {
        return config.getOptionalValue(key, String.class)
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .orElse(otherwise);
    }
}
