package io.migpool.config;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.GpuModel;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.policy.CorePolicy;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The section {@code nvidia:} of {@code device-config.yaml}: settings for the whole cluster.
 *
 * @param resources names of the resources in a container's limits
 * @param defaults values for what a request omits
 * @param overwriteEnv whether containers that ask for no GPU get {@code NVIDIA_VISIBLE_DEVICES=none}
 * @param runtimeClassName runtime class for GPU pods that name none; empty leaves them without one
 * @param gpuCorePolicy how the intercepting library limits compute
 * @param disableCoreLimit whether software-shared GPUs run without a compute limit
 * @param scheduling how pods are scheduled
 * @param nodeDefaults how GPUs are offered unless the node's own entry overrides it
 * @param knownMigGeometries whole-GPU templates by model; empty means no restriction
 * @param migProfileAllowlist allowed profiles by model; empty means no restriction
 */
public record DeviceSettings(
        ResourceNames resources,
        RequestDefaults defaults,
        boolean overwriteEnv,
        String runtimeClassName,
        CorePolicy gpuCorePolicy,
        boolean disableCoreLimit,
        SchedulingWishes scheduling,
        NodeDefaults nodeDefaults,
        List<ModelGeometries> knownMigGeometries,
        List<ModelProfiles> migProfileAllowlist) {

    /** HAMi's defaults; every profile that a board offers is allowed. */
    public static final DeviceSettings DEFAULT = new DeviceSettings(
            ResourceNames.DEFAULT,
            RequestDefaults.NONE,
            false,
            "",
            CorePolicy.DEFAULT,
            false,
            SchedulingWishes.NONE,
            NodeDefaults.DEFAULT,
            List.of(),
            List.of());

    public DeviceSettings {
        knownMigGeometries = List.copyOf(knownMigGeometries);
        migProfileAllowlist = List.copyOf(migProfileAllowlist);
    }

    /**
     * Returns the geometries for a board, in the order in which to try them, from the entry whose model name matches
     * most specifically. Empty if no entry matches: there is no restriction then.
     */
    public List<MigGeometry> geometriesFor(GpuModel model) {
        return mostSpecific(knownMigGeometries, ModelGeometries::models, model)
                .map(ModelGeometries::geometries)
                .orElse(List.of());
    }

    /**
     * Returns the profiles allowed on a board, in document order, from the entry whose model name matches most
     * specifically. Empty if no entry matches: every profile is allowed then.
     */
    public Optional<Set<MigProfile>> allowedProfilesFor(GpuModel model) {
        return mostSpecific(migProfileAllowlist, ModelProfiles::models, model)
                .map(entry -> Collections.unmodifiableSet(new LinkedHashSet<>(entry.profiles())));
    }

    private static <E> Optional<E> mostSpecific(
            Collection<E> entries, Function<E, List<String>> models, GpuModel model) {
        return entries.stream()
                .filter(entry -> specificity(models.apply(entry), model) > 0)
                .max(Comparator.comparingInt(entry -> specificity(models.apply(entry), model)));
    }

    private static int specificity(List<String> names, GpuModel model) {
        return names.stream().mapToInt(model::specificity).max().orElse(0);
    }

    /**
     * Returns what these settings demand of a board that the board cannot do. The file may list many boards, so these
     * are warnings for an Event on the Node or the ConfigMap, not reasons to reject the settings.
     *
     * @param gpu a GPU with every profile that its driver offers
     * @return sentences that name the model, the profile and the remedy; empty if there are none or the GPU is not in
     *     MIG mode
     */
    public List<String> problemsFor(GpuInventory gpu) {
        return gpu.mode() == GpuMode.MIG ? BoardCheck.of(this, gpu) : List.of();
    }

    /** Returns the same settings with other resource names. */
    public DeviceSettings withResources(ResourceNames other) {
        return new DeviceSettings(
                other,
                defaults,
                overwriteEnv,
                runtimeClassName,
                gpuCorePolicy,
                disableCoreLimit,
                scheduling,
                nodeDefaults,
                knownMigGeometries,
                migProfileAllowlist);
    }

    /** Returns the same settings with another allow-list. */
    public DeviceSettings withMigProfileAllowlist(List<ModelProfiles> other) {
        return new DeviceSettings(
                resources,
                defaults,
                overwriteEnv,
                runtimeClassName,
                gpuCorePolicy,
                disableCoreLimit,
                scheduling,
                nodeDefaults,
                knownMigGeometries,
                other);
    }

    /**
     * Reads a document on its own, without overrides.
     *
     * @param yaml content of {@code device-config.yaml}
     * @throws InvalidSettingsException if the document is invalid; has every problem found
     */
    public static DeviceSettings parse(String yaml) throws InvalidSettingsException {
        return DocumentBinding.DEVICES.parse(yaml);
    }
}
