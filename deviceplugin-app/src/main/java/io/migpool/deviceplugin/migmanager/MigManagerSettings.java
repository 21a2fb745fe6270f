package io.migpool.deviceplugin.migmanager;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How the label {@code nvidia.com/mig.config} is followed ({@code migpool.mig-manager.*}).
 *
 * @param namespace of the ConfigMaps
 * @param configMap name of the ConfigMap whose configurations (key {@code config.yaml}) replace the generated ones, if it exists
 * @param configFile a file with configurations, in place of both
 * @param defaultConfigFile a file with configurations, in place of the generated ones where the driver does not tell what the
 *     boards offer
 * @param clientsConfigMap name of the ConfigMap with the host's services (key {@code clients.yaml})
 * @param clientsFile a file with the host's services, in its place
 * @param stopsHostServices whether those services are stopped while GPUs are changed
 * @param dbusAddress of the host's system bus
 * @param drains whether pods that are in the way are evicted
 * @param resets whether a GPU on which nothing runs may be reset where its MIG mode needs that
 * @param reboots whether the node may be rebooted where MIG mode needs that
 * @param clientsLimit how long the pods of paused clients are waited for
 * @param usersLimit how long users of GPUs are waited for, before the attempt counts as failed
 * @param firstRetry after the first failure, doubled with each further one
 * @param longestRetry between attempts
 * @param handsOut whether the devices are given to pods by us; else by somebody else's device plugin
 * @param featureLabels whether the labels of gpu-feature-discovery are written
 */
public record MigManagerSettings(
        String namespace,
        String configMap,
        Optional<Path> configFile,
        Optional<Path> defaultConfigFile,
        String clientsConfigMap,
        Optional<Path> clientsFile,
        boolean stopsHostServices,
        String dbusAddress,
        boolean drains,
        boolean resets,
        boolean reboots,
        Duration clientsLimit,
        Duration usersLimit,
        Duration firstRetry,
        Duration longestRetry,
        boolean handsOut,
        boolean featureLabels) {}
