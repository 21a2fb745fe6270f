package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.geometry.spec.DeviceFilter;
import io.migpool.deviceplugin.geometry.spec.DeviceSelection;
import io.migpool.deviceplugin.geometry.spec.MigSpec;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The present layout of a machine, as the shortest configuration that describes it (mig-parted {@code export}). */
public final class ExportedConfiguration {

    private ExportedConfiguration() {}

    /**
     * The state of one GPU.
     *
     * @param filter the filter for its board
     * @param index NVML index
     * @param migEnabled whether MIG mode is on
     * @param migDevices number of devices of each profile
     */
    record GpuState(DeviceFilter filter, int index, boolean migEnabled, Map<MigProfile, Integer> migDevices) {}

    /** The part that several GPUs may have in common. */
    private record Content(boolean migEnabled, Map<MigProfile, Integer> migDevices) {}

    /**
     * Reads the machine.
     *
     * @param label label of the configuration
     * @throws GpuException if a GPU cannot be read
     */
    public static MigSpec of(GpuDriver driver, String label) throws GpuException {
        List<GpuState> states = new ArrayList<>();
        for (GpuDescription gpu : driver.gpus()) {
            boolean enabled = gpu.migCapable() && driver.migMode(gpu.uuid()).enabled();
            states.add(new GpuState(
                    DeviceFilter.of(gpu.pci()),
                    gpu.index(),
                    enabled,
                    enabled ? migDevices(driver.instances(gpu.uuid())) : Map.of()));
        }
        return states.isEmpty() ? new MigSpec(Map.of()) : new MigSpec(Map.of(label, merge(states)));
    }

    /** Returns the devices that containers could use; a GPU instance without a compute instance does not count. */
    private static Map<MigProfile, Integer> migDevices(List<GpuInstance> instances) {
        Map<MigProfile, Integer> counts = new TreeMap<>();
        for (GpuInstance instance : instances) {
            instance.computeInstances().forEach(compute -> counts.merge(compute.profile(), 1, Integer::sum));
        }
        return counts;
    }

    /** Merges equal GPUs, with indices and filters only where they are needed. */
    static List<MigSpecEntry> merge(List<GpuState> gpus) {
        Map<Content, List<GpuState>> groups = new LinkedHashMap<>();
        gpus.forEach(
                gpu -> groups.computeIfAbsent(new Content(gpu.migEnabled(), gpu.migDevices()), _ -> new ArrayList<>())
                        .add(gpu));
        Set<DeviceFilter> everyFilter = filters(gpus);
        List<MigSpecEntry> entries = new ArrayList<>();
        groups.forEach((content, group) -> {
            Set<DeviceFilter> filters = filters(group);
            boolean all =
                    gpus.stream().filter(gpu -> filters.contains(gpu.filter())).count() == group.size();
            boolean needless = everyFilter.size() == 1 || (all && filters.equals(everyFilter));
            entries.add(new MigSpecEntry(
                    needless ? List.of() : List.copyOf(filters),
                    all
                            ? new DeviceSelection.All()
                            : new DeviceSelection.Indices(
                                    group.stream().map(GpuState::index).toList()),
                    content.migEnabled(),
                    content.migDevices()));
        });
        return entries;
    }

    private static Set<DeviceFilter> filters(List<GpuState> gpus) {
        Set<DeviceFilter> filters = new LinkedHashSet<>();
        gpus.forEach(gpu -> filters.add(gpu.filter()));
        return filters;
    }
}
