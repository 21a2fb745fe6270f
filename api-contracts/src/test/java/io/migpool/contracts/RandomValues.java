package io.migpool.contracts;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.mig.UnitMask;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.contracts.wire.Reservation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Random legal values of the vocabulary; the same seed gives the same values. {@link #toString} is for failure
 * messages.
 */
public final class RandomValues {

    private static final List<String> ATTRIBUTES = List.of("me", "me.all", "gfx", "A", "x9.y");

    private final long seed;
    private final Random random;

    public RandomValues(long seed) {
        this.seed = seed;
        this.random = new Random(seed);
    }

    public int below(int bound) {
        return random.nextInt(bound);
    }

    public boolean chance() {
        return random.nextBoolean();
    }

    public <T> T oneOf(List<T> choices) {
        return choices.get(below(choices.size()));
    }

    public <T> List<T> upTo(int most, Supplier<T> value) {
        List<T> values = new ArrayList<>();
        for (int i = below(most + 1); i > 0; i--) {
            values.add(value.get());
        }
        return values;
    }

    public String gpuUuid() {
        return "GPU-" + new UUID(random.nextLong(), random.nextLong());
    }

    public MigProfile profile() {
        int gpuSlices = below(10);
        int computeSlices = gpuSlices == 0 ? 0 : 1 + below(gpuSlices);
        List<String> attributes = upTo(3, () -> oneOf(ATTRIBUTES));
        return chance()
                ? new MigProfile(computeSlices, gpuSlices, below(300), attributes, List.of())
                : new MigProfile(computeSlices, gpuSlices, below(300), List.of(), attributes);
    }

    public Placement placement() {
        int size = 1 + below(12);
        return new Placement(below(UnitMask.MAX_UNITS - size + 1), size);
    }

    public ProfileCapability capability(MigProfile profile) {
        int size = 1 + below(12);
        List<Placement> placements = upTo(7, () -> new Placement(below(UnitMask.MAX_UNITS - size + 1), size));
        placements.add(new Placement(0, size));
        return new ProfileCapability(profile, below(200_000), below(101), below(8), 1 + below(7), placements);
    }

    public GpuInventory gpu(int index) {
        Map<MigProfile, ProfileCapability> profiles = new LinkedHashMap<>();
        upTo(6, this::profile).forEach(profile -> profiles.put(profile, capability(profile)));
        return new GpuInventory(
                gpuUuid(),
                index,
                below(20),
                random.nextLong(300_000),
                below(400),
                oneOf(List.of("NVIDIA A100-SXM4-80GB", "NVIDIA H100 80GB HBM3", "NVIDIA \"odd\" \\ name ü")),
                below(8),
                oneOf(List.of(GpuMode.values())),
                List.copyOf(profiles.values()),
                chance(),
                upTo(3, this::placement),
                upTo(3, () -> new GpuInventory.IdleInstance(profile(), placement())));
    }

    public AllocatedDevice device() {
        return new AllocatedDevice(gpuUuid(), AllocatedDevice.NVIDIA, random.nextLong(1L << 40), below(101));
    }

    public PodDevices podDevices() {
        return new PodDevices(upTo(5, () -> upTo(4, this::device)));
    }

    public Reservation reservation() {
        PodDevices devices = podDevices();
        List<MigAllocation> allocations = new ArrayList<>();
        for (int container = 0; container < devices.containers().size(); container++) {
            List<AllocatedDevice> ofContainer = devices.containers().get(container);
            for (int device = 0; device < ofContainer.size(); device++) {
                if (chance()) {
                    MigRuntime runtime = chance() ? new MigRuntime("MIG-" + gpuUuid(), below(20), below(8)) : null;
                    allocations.add(new MigAllocation(
                            container, device, ofContainer.get(device).uuid(), profile(), placement(), runtime));
                }
            }
        }
        Instant reservedAt = Instant.ofEpochSecond(random.nextLong(10_000_000_000L));
        return new Reservation("node-" + below(1000), reservedAt, devices, allocations);
    }

    /** Returns the text with one to four characters removed, doubled, replaced or swapped. */
    public String mutated(String text, String alphabet) {
        StringBuilder mutated = new StringBuilder(text);
        for (int i = 1 + below(4); i > 0; i--) {
            int at = below(mutated.length() + 1);
            char letter = alphabet.charAt(below(alphabet.length()));
            switch (below(4)) {
                case 0 -> mutated.insert(at, letter);
                case 1 -> mutated.delete(at, Math.min(mutated.length(), at + 1 + below(5)));
                case 2 -> mutated.setLength(at);
                default -> mutated.replace(at, Math.min(mutated.length(), at + 1), String.valueOf(letter));
            }
        }
        return mutated.toString();
    }

    @Override
    public String toString() {
        return "seed " + seed;
    }
}
