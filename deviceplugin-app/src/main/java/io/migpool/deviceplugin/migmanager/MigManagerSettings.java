package io.migpool.deviceplugin.migmanager;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Settings for following the label {@code nvidia.com/mig.config} ({@code migpool.mig-manager.*}).
 *
 * @param sources where configurations and the host's services are listed
 * @param permissions what may be done about obstacles to a change
 * @param patience how long to wait
 * @param dbusAddress the address of the host's system bus
 * @param cdi how NVIDIA's own CDI specification is generated again after a change; empty if it is not
 * @param handsOut whether this agent gives the devices to pods; otherwise another device plugin does
 * @param featureLabels whether the labels of gpu-feature-discovery are written
 */
public record MigManagerSettings(
        Sources sources,
        Permissions permissions,
        Patience patience,
        String dbusAddress,
        Optional<Cdi> cdi,
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

    /**
     * How NVIDIA's own CDI specification is generated. Roots and programs are paths on the host.
     *
     * @param hostRoot where the agent sees the host's files
     * @param driverRoot the root of the driver's files; empty: {@code /run/nvidia/driver} if a driver is there, else
     *     {@code /}
     * @param devRoot the directory with the driver's {@code dev}; empty: the driver's root if device nodes are there,
     *     else {@code /}
     * @param programs the directories in which NVIDIA's programs are looked for
     * @param hook the hook that the specification names; empty: the one beside {@code nvidia-ctk}
     * @param directory where the specification is written, in the agent's own files
     * @param limit how long each program may run
     */
    public record Cdi(
            Path hostRoot,
            Optional<Path> driverRoot,
            Optional<Path> devRoot,
            List<Path> programs,
            Optional<Path> hook,
            Path directory,
            Duration limit) {}
}
