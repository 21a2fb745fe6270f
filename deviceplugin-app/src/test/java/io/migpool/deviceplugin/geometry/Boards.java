package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.geometry.spec.DeviceFilter;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.PciIdentity;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Boards to make configurations of. */
public final class Boards {

    public static final String A100 = "NVIDIA A100-SXM4-80GB";
    public static final String A30 = "NVIDIA A30";
    public static final String H100 = "NVIDIA H100 80GB HBM3";
    public static final String RTX_PRO = "NVIDIA RTX PRO 6000 Blackwell Server Edition";

    private Boards() {}

    /** The GPUs of a simulated machine. */
    public static List<GpuDescription> of(String boards) throws GpuException {
        try (SimulatedMachine machine =
                        SimulatedMachine.inMemory(MachineSpec.of(boards).withSeed(1));
                GpuDriver driver = machine.openDriver()) {
            return driver.gpus();
        }
    }

    /** A board that nobody makes: profiles written as {@code 1g.10gb:7}, one unit each, with that many starts. */
    public static GpuDescription invented(long deviceId, String... profiles) {
        List<ProfileCapability> offered = new ArrayList<>();
        counts(String.join(" ", profiles)).forEach((profile, most) -> {
            List<Placement> placements = new ArrayList<>();
            for (int start = 0; start < most; start++) {
                placements.add(new Placement(start, 1));
            }
            offered.add(new ProfileCapability(profile, 1024, 10, profile.gpuSlices(), most, placements));
        });
        return new GpuDescription(
                "GPU-%X".formatted(deviceId),
                0,
                0,
                "invented",
                8192,
                0,
                "00000000:01:00.0",
                new PciIdentity(deviceId, 0),
                MigSupport.AT_ONCE,
                offered);
    }

    /** The same, as an old driver tells it while MIG mode is off. */
    public static GpuDescription untold(GpuDescription board) {
        return new GpuDescription(
                board.uuid(),
                board.index(),
                board.minor(),
                board.model(),
                board.memoryMiB(),
                board.numaNode(),
                board.pciBusId(),
                board.pci(),
                board.migSupport(),
                List.of());
    }

    public static List<DeviceFilter> filters(String... texts) {
        return Arrays.stream(texts).map(DeviceFilter::parse).toList();
    }

    /** Reads {@code 1g.10gb:2 3g.40gb:1}; nothing is no devices. */
    public static Map<MigProfile, Integer> counts(String text) {
        Map<MigProfile, Integer> counts = new TreeMap<>();
        for (String part : text.isBlank() ? new String[0] : text.strip().split("\\s+", -1)) {
            int colon = part.lastIndexOf(':');
            counts.put(MigProfile.parse(part.substring(0, colon)), Integer.parseInt(part.substring(colon + 1)));
        }
        return counts;
    }
}
