package io.migpool.deviceplugin.geometry;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.PciIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Known profiles of boards, for drivers that do not report them while MIG mode is off (R535 and older). A name may
 * differ from the one that the driver reports once the mode is on; the driver is then authoritative.
 *
 * @param byDevice maximum number of instances of each profile, by the device in the PCI identity
 */
record KnownBoards(Map<Long, Map<MigProfile, Integer>> byDevice) {

    private static final String RESOURCE = "known-boards.json";
    private static final int VENDOR_BITS = 16;
    private static final long NVIDIA = 0x10DE;
    /** Names of the same profile differ by at most a twentieth of their memory. */
    private static final int NAMES_APART = 20;

    /** One kind of board under several numbers. */
    private record Board(List<String> devices, Map<String, Integer> profiles) {}

    /** Reads the resource. */
    static KnownBoards load() {
        try (InputStream json = Objects.requireNonNull(
                KnownBoards.class.getResourceAsStream(RESOURCE), "resource " + RESOURCE + " is missing")) {
            Map<Long, Map<MigProfile, Integer>> byDevice = new HashMap<>();
            for (Board board : JsonMapper.builder().build().readValue(json, Board[].class)) {
                Map<MigProfile, Integer> profiles = new TreeMap<>();
                board.profiles().forEach((name, most) -> profiles.put(MigProfile.parse(name), most));
                board.devices().forEach(device -> byDevice.put(Long.decode(device), profiles));
            }
            return new KnownBoards(byDevice);
        } catch (IOException e) {
            throw new UncheckedIOException("resource " + RESOURCE + " is not readable", e);
        }
    }

    /** Returns the maximum number of instances of each profile; empty for an unknown board. */
    Map<MigProfile, Integer> profiles(PciIdentity board) {
        return (board.deviceId() & 0xFFFF) == NVIDIA
                ? byDevice.getOrDefault(board.deviceId() >> VENDOR_BITS, Map.of())
                : Map.of();
    }

    /**
     * Returns why a board whose driver reports nothing yet cannot have these instances; empty if it can, or if the
     * board is unknown.
     */
    Optional<String> refusal(GpuDescription gpu, Map<MigProfile, Integer> wanted) {
        Map<MigProfile, Integer> known = profiles(gpu.pci());
        if (known.isEmpty()) {
            return Optional.empty();
        }
        Map<MigProfile, Long> slicesOf = new TreeMap<>();
        wanted.forEach((device, count) ->
                slicesOf.merge(device.gpuInstance(), (long) device.computeSlices() * count, Long::sum));
        long slices = 0;
        for (Map.Entry<MigProfile, Long> entry : slicesOf.entrySet()) {
            OptionalInt most = known.keySet().stream()
                    .filter(profile -> meansThe(profile, entry.getKey()))
                    .mapToInt(profile -> known.getOrDefault(profile, 0))
                    .max();
            if (most.isEmpty()) {
                return Optional.of(
                        "%s is not offered by %s, only %s".formatted(entry.getKey(), gpu.model(), known.keySet()));
            }
            long instances = Math.ceilDiv(entry.getValue(), entry.getKey().gpuSlices());
            if (instances > most.getAsInt()) {
                return Optional.of("%d of %s do not fit together on one GPU; %s holds %d"
                        .formatted(instances, entry.getKey(), gpu.model(), most.getAsInt()));
            }
            slices += entry.getKey().gpuSlices() * instances;
        }
        int all = known.keySet().stream().mapToInt(MigProfile::gpuSlices).max().orElse(0);
        return slices > all ? Optional.of("%s do not fit together on one GPU".formatted(wanted)) : Optional.empty();
    }

    /**
     * Returns whether two names mean the same profile; they may differ a little, as in
     * {@link ProfileCapability#resolve}.
     */
    private static boolean meansThe(MigProfile known, MigProfile named) {
        return known.gpuSlices() == named.gpuSlices()
                && known.computeSlices() == named.computeSlices()
                && known.attributes().equals(named.attributes())
                && known.excluded().equals(named.excluded())
                && Math.abs(known.memoryGB() - named.memoryGB()) <= named.memoryGB() / NAMES_APART;
    }
}
