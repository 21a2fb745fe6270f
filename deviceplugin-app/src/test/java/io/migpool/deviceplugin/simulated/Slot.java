package io.migpool.deviceplugin.simulated;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuDescription;
import java.util.ArrayList;
import java.util.List;

/**
 * A profile at a place, and what NVIDIA documents about which of them bear each other: told by names, not by engines.
 */
record Slot(MigProfile profile, Placement placement, int maxInstances) {

    static List<Slot> of(GpuDescription gpu) {
        List<Slot> slots = new ArrayList<>();
        for (ProfileCapability offered : gpu.profiles()) {
            offered.placements()
                    .forEach(place -> slots.add(new Slot(offered.profile(), place, offered.maxInstances())));
        }
        return slots;
    }

    static boolean mayCoexist(List<Slot> slots) {
        for (int i = 0; i < slots.size(); i++) {
            for (Slot other : slots.subList(i + 1, slots.size())) {
                if (slots.get(i).placement.overlaps(other.placement)) {
                    return false;
                }
            }
        }
        boolean allMedia = slots.stream().anyMatch(Slot::takesAllMedia);
        return slots.stream().allMatch(slot -> slot.instancesIn(slots) <= slot.maxInstances)
                && slots.stream().filter(Slot::takesExtraMedia).count() <= 1
                && (!allMedia
                        || slots.stream().filter(slot -> !slot.takesNoMedia()).count() == 1);
    }

    private long instancesIn(List<Slot> slots) {
        return slots.stream().filter(slot -> slot.profile.equals(profile)).count();
    }

    private boolean takesAllMedia() {
        return profile.attributes().contains("me.all");
    }

    private boolean takesExtraMedia() {
        return takesAllMedia() || profile.attributes().contains("me");
    }

    private boolean takesNoMedia() {
        return profile.excluded().contains("me");
    }
}
