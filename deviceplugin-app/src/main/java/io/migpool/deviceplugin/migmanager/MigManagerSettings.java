package io.migpool.deviceplugin.migmanager;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Settings for following the label {@code nvidia.com/mig.config} ({@code migpool.mig-manager.*}).
 *
 * @param sources where configurations and the host's services are listed
 * @param permissions what may be done about obstacles to a change
 * @param patience how long to wait
 * @param dbusAddress the address of the host's system bus
 * @param handsOut whether this agent gives the devices to pods; otherwise another device plugin does
 * @param featureLabels whether the labels of gpu-feature-discovery are written
 */
public record MigManagerSettings(
        Sources sources,
        Permissions permissions,
        MigConfigProtocol.Patience patience,
        String dbusAddress,
        boolean handsOut,
        boolean featureLabels) {

    /**
     * Where configurations and the host's services are listed.
     *
     * @param namespace the namespace of the ConfigMaps
     * @param configMap name of the ConfigMap whose configurations (key {@code config.yaml}) replace the generated ones,
     *     if it exists
     * @param configFile a file with configurations, in place of both
     * @param defaultConfigFile a file with configurations, in place of the generated ones where the driver does not
     *     report what the boards offer
     * @param clientsConfigMap name of the ConfigMap with the host's services (key {@code clients.yaml})
     * @param clientsFile a file with the host's services, in its place
     */
    public record Sources(
            String namespace,
            String configMap,
            Optional<Path> configFile,
            Optional<Path> defaultConfigFile,
            String clientsConfigMap,
            Optional<Path> clientsFile) {}

    /**
     * What may be done about obstacles to a change.
     *
     * @param stopsHostServices whether the host's services are stopped while GPUs are changed
     * @param drains whether pods that are in the way are evicted
     * @param resets whether a GPU on which nothing runs may be reset where its MIG mode needs that
     * @param reboots whether the node may be rebooted where MIG mode needs that
     */
    public record Permissions(boolean stopsHostServices, boolean drains, boolean resets, boolean reboots) {}
}
