package io.migpool.extender.pool;

import io.migpool.contracts.mig.BoardProfiles;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.mig.UnitMask;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What can be cut from a kind of GPU under the operator's rules: its {@link BoardProfiles profiles}, smallest first, each
 * identified by its index. GPUs of one kind share one board; it never changes, but caches what it has computed.
 *
 * <p>Names in the rules that the board does not offer are ignored; a geometry of only such names is skipped.
 */
public final class MigBoard {

    /** Far more than the multisets of instances that a board meets in practice. */
    private static final int MOST_PACKINGS = 4096;

    /** A board meets a few hundred states in practice, times what is idle on it; beyond the limit the cache is cleared. */
    private static final int MOST_USES = 16_384;

    private final GpuInventory sample;
    private final BoardProfiles offered;
    private final List<ProfileCapability> profiles;
    private final boolean[] usable;
    private final List<InstanceCounts> geometries;
    private final boolean restrictedByGeometry;
    private final BoardShape shape;
    private final Map<Packing, Boolean> packings = new ConcurrentHashMap<>();
    private final Map<BoardUse, BoardUse> uses = new ConcurrentHashMap<>();

    /**
     * @param gpu any GPU of that kind
     * @param rules what configuration says about its model
     */
    public MigBoard(GpuInventory gpu, MigRules rules) {
        this.sample = gpu;
        this.offered = new BoardProfiles(gpu.profiles());
        this.profiles = offered.all();
        this.geometries = rules.geometries().stream()
                .map(this::counts)
                .flatMap(Optional::stream)
                .toList();
        this.usable = new boolean[profiles.size()];
        for (int i = 0; i < usable.length; i++) {
            int profile = i;
            usable[i] = rules.geometries().isEmpty() || geometries.stream().anyMatch(g -> g.of(profile) > 0);
        }
        restrict(rules.allowed());
        this.restrictedByGeometry = !rules.geometries().isEmpty();
        this.shape = makeShape();
    }

    private BoardShape makeShape() {
        List<BoardShape.Kind> kinds = IntStream.range(0, usable.length)
                .filter(i -> usable[i])
                .mapToObj(this::kind)
                .distinct()
                .toList();
        return new BoardShape(
                kinds,
                geometries.stream().map(geometry -> limits(geometry, kinds)).toList());
    }

    private BoardShape.Geometry limits(InstanceCounts geometry, List<BoardShape.Kind> kinds) {
        int[] ofKind = new int[kinds.size()];
        int[] ofSize = new int[UnitMask.MAX_UNITS + 1];
        for (int i = 0; i < usable.length; i++) {
            ofSize[profiles.get(i).size()] += geometry.of(i);
            if (usable[i]) {
                ofKind[kinds.indexOf(kind(i))] += geometry.of(i);
            }
        }
        return new BoardShape.Geometry(
                Arrays.stream(ofKind).boxed().toList(),
                Arrays.stream(ofSize).boxed().toList());
    }

    private BoardShape.Kind kind(int profile) {
        return new BoardShape.Kind(profiles.get(profile).placements());
    }

    private Optional<InstanceCounts> counts(MigGeometry geometry) {
        InstanceCounts counts = InstanceCounts.none(profiles.size());
        for (var entry : geometry.counts().entrySet()) {
            OptionalInt index = indexOf(entry.getKey());
            if (index.isPresent()) {
                counts = counts.plus(index.getAsInt(), entry.getValue());
            }
        }
        return counts.equals(InstanceCounts.none(profiles.size())) ? Optional.empty() : Optional.of(counts);
    }

    private void restrict(@Nullable Set<MigProfile> allowed) {
        if (allowed == null) {
            return;
        }
        boolean[] listed = new boolean[usable.length];
        for (MigProfile profile : allowed) {
            indexOf(profile).ifPresent(index -> listed[index] = true);
        }
        for (int i = 0; i < usable.length; i++) {
            usable[i] &= listed[i];
        }
    }

    /** Returns the number of placement units. */
    public int units() {
        return offered.units();
    }

    /** Returns the number of profiles; valid indices are below it. */
    public int size() {
        return profiles.size();
    }

    /** Returns the profile at that index. */
    public ProfileCapability profile(int index) {
        return profiles.get(index);
    }

    /** Returns whether configuration allows instances of that profile to be cut. */
    public boolean allows(int index) {
        return usable[index];
    }

    /** Returns what decides how much room there is; equal boards of different models have equal ones. */
    public BoardShape shape() {
        return shape;
    }

    /** Returns the index of the profile with that name on this board. */
    OptionalInt indexOf(MigProfile name) {
        // Nearly all names are the driver's own, and every instance of every pod is looked up whenever its node
        // changes.
        for (int i = 0; i < profiles.size(); i++) {
            if (profiles.get(i).profile().equals(name)) {
                return OptionalInt.of(i);
            }
        }
        return sample.resolve(name).map(profiles::indexOf).filter(i -> i >= 0).stream()
                .mapToInt(Integer::intValue)
                .findFirst();
    }

    /** Returns a use of this board: the same object for equal uses, unless there have been very many. */
    BoardUse use(BoardState units, InstanceCounts counts, List<GpuInventory.IdleInstance> idle) {
        BoardUse use = new BoardUse(this, units, counts, idle);
        if (uses.size() >= MOST_USES) {
            uses.clear();
        }
        BoardUse known = uses.putIfAbsent(use, use);
        return known == null ? use : known;
    }

    InstanceCounts noInstances() {
        return InstanceCounts.none(profiles.size());
    }

    /** Returns indices of the profiles that serve this device and may be cut, best first. */
    public int[] serving(SlotDemand slot) {
        return offered.serving(slot.memory(), slot.cores(), profile -> usable[profiles.indexOf(profile)]).stream()
                .mapToInt(profiles::indexOf)
                .toArray();
    }

    /** Returns whether an instance of this profile is enough for the device, whatever configuration says. */
    boolean serves(ProfileCapability profile, SlotDemand slot) {
        return slot.memory().stream().allMatch(memory -> offered.serves(memory, slot.cores(), profile));
    }

    /** Returns the nominal memory of the largest profile, in MiB. */
    public long largestMiB() {
        return profiles.stream().mapToLong(ProfileCapability::nominalMiB).max().orElse(0);
    }

    /** Returns whether any profile could serve the device if configuration did not restrict it. */
    public boolean servesUnrestricted(SlotDemand slot) {
        return profiles.stream().anyMatch(profile -> serves(profile, slot));
    }

    /**
     * Returns those of the given profiles of which one more instance may be created alongside the existing ones, in the order to try
     * them: geometries in listed order, within a geometry in the given order. Free units are not considered.
     */
    public int[] permitted(int[] serving, InstanceCounts existing) {
        int[] permitted = new int[serving.length];
        int count = 0;
        if (!restrictedByGeometry) {
            for (int profile : serving) {
                if (belowLimit(profile, existing)) {
                    permitted[count++] = profile;
                }
            }
            return Arrays.copyOf(permitted, count);
        }
        for (InstanceCounts geometry : geometries) {
            if (existing.within(geometry)) {
                for (int profile : serving) {
                    if (existing.leavesRoom(profile, geometry)
                            && belowLimit(profile, existing)
                            && !contains(permitted, count, profile)) {
                        permitted[count++] = profile;
                    }
                }
            }
        }
        return Arrays.copyOf(permitted, count);
    }

    /** Returns whether one more instance of that profile may be created alongside the existing ones. Free units are not considered. */
    boolean permits(int profile, InstanceCounts existing) {
        return permitted(new int[] {profile}, existing).length > 0;
    }

    private static boolean contains(int[] profiles, int count, int profile) {
        for (int i = 0; i < count; i++) {
            if (profiles[i] == profile) {
                return true;
            }
        }
        return false;
    }

    /** Returns an upper bound of the instances of these profiles on an empty GPU. No two instances begin at the same unit. */
    public int most(int[] indices) {
        int most = 0;
        long starts = 0;
        for (int index : indices) {
            most += most(index);
            for (Placement placement : profiles.get(index).placements()) {
                starts |= 1L << placement.start();
            }
        }
        return Math.min(most, Long.bitCount(starts));
    }

    private int most(int index) {
        int byBoard = profiles.get(index).maxInstances();
        return restrictedByGeometry
                ? Math.min(
                        byBoard,
                        geometries.stream()
                                .mapToInt(geometry -> geometry.of(index))
                                .max()
                                .orElse(0))
                : byBoard;
    }

    private boolean belowLimit(int profile, InstanceCounts existing) {
        return existing.of(profile) < profiles.get(profile).maxInstances();
    }

    /** Returns whether geometries restrict which instances may lie side by side. */
    public boolean hasGeometries() {
        return restrictedByGeometry;
    }

    /**
     * Returns whether these instances could lie side by side if all of them were placed again.
     *
     * @param blocked units that stay as they are
     * @param instances how many of each profile
     */
    public boolean packs(UnitMask blocked, InstanceCounts instances) {
        Packing packing = new Packing(blocked.bits(), instances);
        Boolean known = packings.get(packing);
        if (known != null) {
            return known;
        }
        boolean packs = BoardProfiles.fitTogether(largestFirst(instances), blocked);
        if (packings.size() < MOST_PACKINGS) {
            packings.put(packing, packs);
        }
        return packs;
    }

    private List<ProfileCapability> largestFirst(InstanceCounts instances) {
        return IntStream.range(0, profiles.size())
                .map(i -> profiles.size() - 1 - i)
                .boxed()
                .flatMap(i -> Collections.nCopies(instances.of(i), profiles.get(i)).stream())
                .toList();
    }

    private record Packing(long blocked, InstanceCounts instances) {}
}
