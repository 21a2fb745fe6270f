package io.migpool.deviceplugin.geometry;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.gpu.PciIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What boards are known to offer, for drivers that do not tell it while MIG mode is off (R535 and older). A name may differ from
 * what the driver tells once the mode is on; then the driver is right.
 *
 * @param byDevice how many of each profile a board holds at once, by the device in its PCI identity
 */
record KnownBoards(Map<Long, Map<MigProfile, Integer>> byDevice) {

    private static final String RESOURCE = "known-boards.json";
    private static final int VENDOR_BITS = 16;
    private static final long NVIDIA = 0x10DE;

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

    /** How many of each profile that board holds at once; nothing for a board that is not known. */
    Map<MigProfile, Integer> profiles(PciIdentity board) {
        return (board.deviceId() & 0xFFFF) == NVIDIA
                ? byDevice.getOrDefault(board.deviceId() >> VENDOR_BITS, Map.of())
                : Map.of();
    }
}
