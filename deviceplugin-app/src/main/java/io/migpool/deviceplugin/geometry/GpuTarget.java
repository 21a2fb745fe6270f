package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.geometry.spec.DeviceFilter;
import io.migpool.deviceplugin.geometry.spec.DeviceSelection;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The target state of one GPU.
 *
 * @param migEnabled whether MIG mode is to be on
 * @param migDevices number of devices of each profile
 * @param places their places; empty if any will do
 * @param origin where a configuration says so, as for {@link MigSpecEntry}
 */
record GpuTarget(
        GpuDescription gpu,
        boolean migEnabled,
        Map<MigProfile, Integer> migDevices,
        Optional<List<LaidInstance>> places,
        String origin) {

    /** Creates the target of an entry, with instances wherever they fit. */
    GpuTarget(GpuDescription gpu, MigSpecEntry entry) {
        this(gpu, entry.migEnabled(), entry.migDevices(), Optional.empty(), entry.origin());
    }

    /** Returns the same target with a new description of the GPU. */
    GpuTarget of(GpuDescription described) {
        return new GpuTarget(described, migEnabled, migDevices, places, origin);
    }

    /** Returns the same MIG mode without devices, or with those instances. */
    GpuTarget modeWith(Optional<List<LaidInstance>> instances) {
        return new GpuTarget(gpu, migEnabled, Map.of(), instances, origin);
    }

    /**
     * Returns what a configuration means for these GPUs, by index. If several entries apply to a GPU, the last one
     * counts. A GPU to which no entry applies is left alone, and so is one without MIG unless an entry names its index.
     *
     * @throws MigSpecException if an index does not exist, a GPU without MIG is to have
     *     instances, or no GPU matches
     */
    static List<GpuTarget> of(List<MigSpecEntry> entries, List<GpuDescription> gpus) throws MigSpecException {
        Map<Integer, GpuTarget> targets = new TreeMap<>();
        boolean meant = false;
        for (MigSpecEntry entry : entries) {
            requirePresent(entry, gpus);
            for (GpuDescription gpu : gpus) {
                if (DeviceFilter.anyMatches(entry.filters(), gpu.pci())
                        && entry.devices().contains(gpu.index())) {
                    meant = true;
                    if (gpu.migCapable()) {
                        targets.put(gpu.index(), new GpuTarget(gpu, entry));
                    } else if (entry.migEnabled() && entry.devices() instanceof DeviceSelection.Indices) {
                        throw new MigSpecException(entry.origin()
                                + "GPU %d is %s, which does not support MIG; remove it from 'devices', or set 'mig-enabled: false'"
                                        .formatted(gpu.index(), gpu.model()));
                    }
                }
            }
        }
        if (!meant) {
            throw new MigSpecException(entries.getFirst().origin()
                    + "the configuration matches none of the %d GPUs here; check its filters and devices"
                            .formatted(gpus.size()));
        }
        return new ArrayList<>(targets.values());
    }

    /**
     * Returns the targets that restore the GPUs of a checkpoint.
     *
     * @throws MigSpecException if one of them no longer exists, or has no MIG
     */
    static List<GpuTarget> of(LayoutSnapshot snapshot, List<GpuDescription> gpus) throws MigSpecException {
        List<GpuTarget> targets = new ArrayList<>();
        for (LayoutSnapshot.Gpu was : snapshot.gpus()) {
            GpuDescription gpu = gpus.stream()
                    .filter(present -> present.uuid().equals(was.uuid()) && present.migCapable())
                    .findFirst()
                    .orElseThrow(() -> new MigSpecException(
                            "the checkpoint names %s, which is not a MIG-capable GPU of this machine; its GPUs are %s"
                                    .formatted(
                                            was.uuid(),
                                            gpus.stream()
                                                    .map(GpuDescription::uuid)
                                                    .toList())));
            Map<MigProfile, Integer> counts = new TreeMap<>();
            was.instances().stream()
                    .flatMap(laid -> laid.devices().stream())
                    .forEach(device -> counts.merge(device, 1, Integer::sum));
            targets.add(new GpuTarget(gpu, was.migEnabled(), counts, Optional.of(was.instances()), ""));
        }
        return targets;
    }

    private static void requirePresent(MigSpecEntry entry, List<GpuDescription> gpus) throws MigSpecException {
        if (entry.devices() instanceof DeviceSelection.Indices(List<Integer> indices)) {
            List<Integer> present = gpus.stream().map(GpuDescription::index).toList();
            for (int index : indices) {
                if (!present.contains(index)) {
                    throw new MigSpecException(entry.origin()
                            + "devices %s name GPU %d, which cannot be configured here; available: %s"
                                    .formatted(indices, index, present));
                }
            }
        }
    }
}
