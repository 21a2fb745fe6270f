package io.migpool.deviceplugin.settings;

import io.migpool.deviceplugin.health.HealthChecks;
import io.migpool.deviceplugin.health.HealthSettings;
import io.migpool.deviceplugin.inject.DriverFiles;
import io.migpool.deviceplugin.inject.InjectSettings;
import io.migpool.deviceplugin.migmanager.MigManagerSettings;
import io.migpool.deviceplugin.migmanager.Patience;
import io.migpool.runtime.settings.SettingsReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
 * @param usageInterval how often the usage of GPUs is read ({@code migpool.usage.interval})
 * @param legacyMetrics whether the metric names of HAMi before 2.9 are served too ({@code
 *     migpool.agent.legacy-metrics})
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
        MigManagerSettings migManager,
        Duration usageInterval,
        boolean legacyMetrics) {

    /** Key of the time for which an instance without a pod is kept. */
    public static final String IDLE_TTL = "migpool.instance.idle-ttl";

    private static final String NODE_NAME = "migpool.node.name";
    private static final String NOWHERE = "none";
    private static final String DRIVER_DIRECTORIES = "migpool.cdi.driver-directories";
    private static final String DBUS_ADDRESS = "migpool.mig-manager.dbus-address";

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException if a value is invalid; names the key, the value and what would be right
     */
    public static AgentSettings of(Config config) {
        SettingsReader own = new SettingsReader(config);
        return new AgentSettings(
                own.optionalText(NODE_NAME)
                        .orElseThrow(() -> SettingsReader.refusal(
                                NODE_NAME,
                                "",
                                "this node's name in the cluster, here or in the environment variable NODE_NAME")),
                own.path("migpool.kubelet.device-plugin-dir"),
                own.duration("migpool.kubelet.stop-delay"),
                own.path("migpool.kubelet.pod-resources-socket"),
                Optional.of(own.text("migpool.pod-resources.socket"))
                        .filter(path -> !path.equals(NOWHERE))
                        .map(Path::of),
                own.path("migpool.state.directory"),
                own.positiveDuration("migpool.instance.sweep-interval"),
                own.duration("migpool.repair.evict-after"),
                own.flag("migpool.node.displace-operator"),
                new HealthSettings(
                        HealthChecks.of(
                                own.optionalText(HealthChecks.DISABLE_KEY).orElse(""),
                                own.optionalText(HealthChecks.ENABLE_KEY).orElse("")),
                        own.duration("migpool.health.quiet-time")),
                new InjectSettings(
                        own.choice(
                                "migpool.inject.strategy",
                                Map.of(
                                        "cdi-cri", InjectSettings.Strategy.CDI_CRI,
                                        "envvar", InjectSettings.Strategy.ENVIRONMENT)),
                        own.choice(
                                "migpool.inject.device-list",
                                Map.of(
                                        "environment", InjectSettings.DeviceList.ENVIRONMENT,
                                        "volume-mounts", InjectSettings.DeviceList.VOLUME_MOUNTS)),
                        own.path("migpool.cdi.directory"),
                        new DriverFiles(driverDirectories(own), own.path("migpool.proc.directory")),
                        own.path("migpool.hami-core.hook-path"),
                        own.path("migpool.hami-core.lock-directory"),
                        own.duration("migpool.prestart.limit"),
                        own.duration("migpool.prestart.owner-limit")),
                migManager(own),
                own.positiveDuration("migpool.usage.interval"),
                own.flag("migpool.agent.legacy-metrics"));
    }

    private static List<Path> driverDirectories(SettingsReader own) {
        return own.text(DRIVER_DIRECTORIES).equals(NOWHERE)
                ? List.of()
                : own.list(DRIVER_DIRECTORIES).stream().map(Path::of).toList();
    }

    private static MigManagerSettings migManager(SettingsReader own) {
        return new MigManagerSettings(
                new MigManagerSettings.Sources(
                        own.text("migpool.mig-manager.namespace"),
                        own.text("migpool.mig-manager.config-map"),
                        own.optionalPath("migpool.mig-manager.config-file"),
                        own.optionalPath("migpool.mig-manager.default-config-file"),
                        own.text("migpool.mig-manager.gpu-clients-config-map"),
                        own.optionalPath("migpool.mig-manager.gpu-clients-file")),
                new MigManagerSettings.Permissions(
                        own.goFlag("migpool.mig-manager.stop-host-services"),
                        own.flag("migpool.mig-manager.drain"),
                        own.flag("migpool.mig-manager.gpu-reset"),
                        own.goFlag("migpool.mig-manager.reboot")),
                new Patience(
                        own.duration("migpool.mig-manager.clients-limit"),
                        own.duration("migpool.mig-manager.users-limit"),
                        own.positiveDuration("migpool.mig-manager.first-retry"),
                        own.positiveDuration("migpool.mig-manager.longest-retry")),
                busAddress(own.text(DBUS_ADDRESS)),
                own.goFlag("migpool.mig-manager.cdi") ? Optional.of(cdi(own)) : Optional.empty(),
                own.flag("migpool.mig-manager.device-plugin"),
                own.flag("migpool.mig-manager.feature-labels"));
    }

    private static MigManagerSettings.Cdi cdi(SettingsReader own) {
        return new MigManagerSettings.Cdi(
                own.absolutePath("migpool.mig-manager.host-root"),
                own.ifSet("migpool.mig-manager.driver-root", own::absolutePath),
                own.ifSet("migpool.mig-manager.dev-root", own::absolutePath),
                own.absolutePaths("migpool.mig-manager.program-directories"),
                own.ifSet("migpool.mig-manager.cdi-hook-path", own::absolutePath),
                own.absolutePath("migpool.cdi.directory"),
                own.positiveDuration("migpool.mig-manager.cdi-limit"));
    }

    private static String busAddress(String value) {
        if (value.matches("[a-z]+:[a-z]+=.+")) {
            return value;
        }
        throw SettingsReader.refusal(
                DBUS_ADDRESS, value, "a D-Bus address such as unix:path=/run/dbus/system_bus_socket");
    }
}
