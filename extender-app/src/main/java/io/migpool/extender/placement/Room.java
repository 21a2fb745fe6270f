package io.migpool.extender.placement;

import io.migpool.contracts.mig.Placement;
import java.util.Map;
import java.util.TreeMap;

/** What could still be cut from a GPU, one profile at a time. */
public final class Room {

    private Room() {}

    /**
     * How many more instances of each allowed profile would fit beside what is taken, if nothing else came; profiles of which
     * none fits count 0. Instances of one profile are of one length, so taking the first that is free finds the most.
     */
    public static Map<String, Integer> on(MigGpu gpu) {
        Map<String, Integer> room = new TreeMap<>();
        boolean usable = gpu.inventory().healthy() && !gpu.cordoned();
        for (int profile = 0; profile < gpu.board().size(); profile++) {
            if (gpu.board().allows(profile)) {
                room.put(gpu.board().profile(profile).profile().toString(), usable ? instances(gpu, profile) : 0);
            }
        }
        return room;
    }

    private static int instances(MigGpu gpu, int profile) {
        GpuView filled = gpu;
        int count = 0;
        for (Placement placement : gpu.board().profile(profile).placements()) {
            DeviceShare instance = new DeviceShare.Instance(
                    gpu.inventory().uuid(), gpu.board().profile(profile).profile(), placement);
            if (filled.admits(instance)) {
                filled = filled.plus(instance);
                count++;
            }
        }
        return count;
    }
}
