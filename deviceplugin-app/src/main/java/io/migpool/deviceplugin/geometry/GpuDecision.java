package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.MigSupport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** What to do with one GPU; decided before anything is changed. */
sealed interface GpuDecision {

    GpuTarget target();

    /** The GPU has the target layout. */
    record Matches(GpuTarget target) implements GpuDecision {}

    /**
     * The GPU can be brought to the target.
     *
     * @param mode the change of MIG mode, which comes first, or last if it is switched off
     * @param layout the target instances; those that exist already are not touched
     */
    record Change(GpuTarget target, ModeChange mode, List<LaidInstance> layout) implements GpuDecision {

        /** Returns whether MIG mode changes, and only does so with a reset of the GPU or a reboot. */
        boolean needsReset() {
            return mode.isSwitch() && target.gpu().migSupport() == MigSupport.AFTER_RESET;
        }
    }

    /**
     * The GPU can be brought to the target only after its users have released it.
     *
     * @param occupants those users that can be asked to leave
     * @param processes ids of the processes among them, no matter whose
     */
    record Waits(GpuTarget target, String reason, List<Occupant> occupants, Set<Long> processes)
            implements GpuDecision {

        /** Waits for something other than users. */
        Waits(GpuTarget target, String reason) {
            this(target, reason, List.of(), Set.of());
        }
    }

    /** The GPU can never have the target layout. */
    record Refused(GpuTarget target, String reason) implements GpuDecision {}

    /** The change of MIG mode. */
    enum ModeChange {
        NONE,
        SWITCH_ON,
        SWITCH_OFF,
        /** It is on, and a pending change to off is cancelled. */
        STAY_ON,
        /** It is off, and a pending change to on is cancelled. */
        STAY_OFF;

        boolean isSwitch() {
            return this == SWITCH_ON || this == SWITCH_OFF;
        }

        /** Returns whether it cancels an earlier request. */
        boolean isTakenBack() {
            return this == STAY_ON || this == STAY_OFF;
        }
    }

    /** Value of keeping an instance: one in use outweighs all unused ones. */
    int KEEP_USED = 1000;

    int KEEP_IDLE = 1;

    /** Decides for a GPU. */
    static GpuDecision of(GpuTarget target, GpuLayout present) {
        if (!target.migEnabled()) {
            return withoutMig(target, present);
        }
        if (target.gpu().profiles().isEmpty() && present.mode().enabled()) {
            return new Refused(target, "the driver lists no MIG profiles for it");
        }
        Optional<String> notOffered = notOffered(target);
        if (notOffered.isPresent()) {
            return new Refused(target, notOffered.get());
        }
        return target.places()
                .map(places -> lacking(places, present)
                        .<GpuDecision>map(lack -> new Refused(target, lack))
                        .orElseGet(() -> towards(target, present, places)))
                .orElseGet(() -> anywhere(target, present));
    }

    private static GpuDecision anywhere(GpuTarget target, GpuLayout present) {
        List<List<Division>> ways = Division.ways(target.gpu().profiles(), target.migDevices());
        List<List<Division>> equipped = ways.stream()
                .filter(way -> present.engines()
                        .lacking(way.stream()
                                .map(division -> division.offered().profile())
                                .toList())
                        .isEmpty())
                .toList();
        return Packing.of(equipped, laid -> worth(laid, present))
                .map(layout -> towards(target, present, layout))
                .orElseGet(() -> new Refused(
                        target,
                        Packing.of(ways, _ -> 0)
                                .flatMap(layout -> lacking(layout, present))
                                .orElseGet(() -> "%s do not fit together on one GPU".formatted(target.migDevices()))));
    }

    private static Optional<String> lacking(List<LaidInstance> layout, GpuLayout present) {
        return present.engines()
                .lacking(layout.stream().map(LaidInstance::profile).toList());
    }

    private static GpuDecision withoutMig(GpuTarget target, GpuLayout present) {
        if (!present.mode().enabled()) {
            return present.mode().pending() ? new Change(target, ModeChange.STAY_OFF, List.of()) : new Matches(target);
        }
        return switched(target, present, ModeChange.SWITCH_OFF, List.of());
    }

    /** Decides for a switch of MIG mode, for which the GPU must be unused. */
    private static GpuDecision switched(
            GpuTarget target, GpuLayout present, ModeChange mode, List<LaidInstance> layout) {
        return present.users().isEmpty()
                ? new Change(target, mode, layout)
                : new Waits(
                        target,
                        "MIG mode will be switched %s when %s have ended"
                                .formatted(
                                        mode == ModeChange.SWITCH_ON ? "on" : "off",
                                        String.join(", ", present.users())),
                        present.occupants(),
                        present.processIds(_ -> true));
    }

    private static Optional<String> notOffered(GpuTarget target) {
        for (MigProfile device : target.migDevices().keySet()) {
            if (!device.isOfferedSize()) {
                return Optional.of("%s is not offered; the parts of %s are %s"
                        .formatted(device, device.gpuInstance(), partsOf(device.gpuInstance())));
            }
        }
        // A driver may report profiles only once MIG mode is on; they are queried again then.
        if (target.gpu().profiles().isEmpty()) {
            return KnownBoards.load().refusal(target.gpu(), target.migDevices());
        }
        for (MigProfile profile : target.migDevices().keySet()) {
            if (target.gpu().profile(profile.gpuInstance()).isEmpty()) {
                return Optional.of("%s is not offered by %s, only %s"
                        .formatted(
                                profile,
                                target.gpu().model(),
                                target.gpu().profiles().stream()
                                        .map(ProfileCapability::profile)
                                        .toList()));
            }
        }
        return target.places().flatMap(places -> impossible(target.gpu(), places));
    }

    private static List<MigProfile> partsOf(MigProfile gpuInstance) {
        return IntStream.range(1, gpuInstance.gpuSlices())
                .mapToObj(gpuInstance::withComputeSlices)
                .filter(MigProfile::isOfferedSize)
                .toList();
    }

    private static Optional<String> impossible(GpuDescription gpu, List<LaidInstance> places) {
        for (int i = 0; i < places.size(); i++) {
            LaidInstance laid = places.get(i);
            if (gpu.profile(laid.profile()).stream().noneMatch(offered -> offered.allows(laid.placement()))) {
                return Optional.of(laid + " is not a valid placement");
            }
            if (places.subList(0, i).stream()
                    .anyMatch(other -> other.placement().overlaps(laid.placement()))) {
                return Optional.of(laid + " overlaps another instance");
            }
        }
        return Optional.empty();
    }

    private static int worth(LaidInstance laid, GpuLayout present) {
        return present.instances().stream()
                .filter(laid::isMetBy)
                .mapToInt(instance -> present.usersOf(instance).isEmpty() ? KEEP_IDLE : KEEP_USED)
                .sum();
    }

    private static GpuDecision towards(GpuTarget target, GpuLayout present, List<LaidInstance> layout) {
        if (!present.mode().enabled()) {
            return switched(target, present, ModeChange.SWITCH_ON, layout);
        }
        List<String> inTheWay = new ArrayList<>();
        List<Occupant> occupants = new ArrayList<>();
        Set<Long> processes = new TreeSet<>();
        boolean same = present.instances().size() == layout.size();
        for (GpuInstance instance : present.instances()) {
            boolean stays = layout.stream().anyMatch(laid -> laid.isMetBy(instance));
            same &= stays;
            if (!stays && !present.usersOf(instance).isEmpty()) {
                inTheWay.add("%s by %s".formatted(instance, String.join(", ", present.usersOf(instance))));
                occupants.addAll(present.occupantsOf(instance));
                processes.addAll(present.processIds(process -> process.uses(instance)));
            }
        }
        if (!inTheWay.isEmpty()) {
            return new Waits(
                    target,
                    "instances to be destroyed are in use: " + String.join(", ", inTheWay),
                    occupants,
                    processes);
        }
        ModeChange mode = present.mode().pending() ? ModeChange.NONE : ModeChange.STAY_ON;
        return same && mode == ModeChange.NONE ? new Matches(target) : new Change(target, mode, layout);
    }
}
