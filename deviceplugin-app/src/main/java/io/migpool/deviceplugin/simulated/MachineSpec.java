package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.RecoveryAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Specification of a machine.
 *
 * @param models the model of each GPU, by index, at least one and at most {@link #MOST_GPUS}
 * @param migEnabled whether MIG mode is on initially, on boards that have it
 * @param seed seed of its UUIDs: the same seed gives the same UUIDs in the same order
 */
public record MachineSpec(List<String> models, boolean migEnabled, long seed) {

    /** Maximum number of GPUs in a machine. */
    public static final int MOST_GPUS = 64;

    public MachineSpec {
        models = List.copyOf(models);
        if (models.isEmpty() || models.size() > MOST_GPUS) {
            throw new IllegalArgumentException(
                    "a simulated machine with %d GPUs; 1 to %d can be simulated".formatted(models.size(), MOST_GPUS));
        }
    }

    /**
     * Returns a machine with MIG mode on and random UUIDs.
     *
     * @param boards models with their number, separated by commas: {@code NVIDIA A100-SXM4-80GB:2, NVIDIA H200}
     * @throws IllegalArgumentException if the list is malformed; says what is wrong
     */
    public static MachineSpec of(String boards) {
        List<String> models = new ArrayList<>();
        Arrays.stream(boards.split(",", -1)).map(String::strip).forEach(entry -> addTo(models, entry, boards));
        return new MachineSpec(models, true, new SplittableRandom().nextLong());
    }

    private static void addTo(List<String> models, String entry, String boards) {
        int colon = entry.lastIndexOf(':');
        String model = (colon < 0 ? entry : entry.substring(0, colon)).strip();
        int count = colon < 0 ? 1 : count(entry.substring(colon + 1).strip());
        if (model.isEmpty() || count < 1) {
            throw new IllegalArgumentException(
                    "'%s' in the boards '%s' is not of the form <model>:<number from 1 to %d>"
                            .formatted(entry, boards, MOST_GPUS));
        }
        for (int i = 0; i < count; i++) {
            models.add(model);
        }
    }

    /** Returns the number, or 0 if it is malformed or too large to be simulated. */
    private static int count(String digits) {
        boolean plausible = digits.matches("\\d{1,4}") && Integer.parseInt(digits) <= MOST_GPUS;
        return plausible ? Integer.parseInt(digits) : 0;
    }

    /** Returns this specification with MIG mode on or off. */
    public MachineSpec withMigEnabled(boolean enabled) {
        return new MachineSpec(models, enabled, seed);
    }

    /** Returns this specification with reproducible UUIDs. */
    public MachineSpec withSeed(long newSeed) {
        return new MachineSpec(models, migEnabled, newSeed);
    }

    /** Returns the state of the machine after its first boot. */
    MachineState build(BoardCatalogue boards) {
        MachineState.Changed<UUID> booted = new MachineState(MachineState.FORMAT, seed, 0, "", List.of()).drawUuid();
        MachineState state = booted.state().withBootId(booted.result().toString());
        List<GpuState> gpus = new ArrayList<>();
        for (String model : models) {
            boolean enabled = migEnabled && !boards.board(model).profiles().isEmpty();
            MachineState.Changed<UUID> drawn = state.drawUuid();
            state = drawn.state();
            gpus.add(new GpuState(
                    "GPU-" + drawn.result(),
                    gpus.size(),
                    model,
                    enabled,
                    enabled,
                    false,
                    List.of(),
                    List.of(),
                    List.of(),
                    RecoveryAction.NONE,
                    List.of()));
        }
        return state.withGpus(gpus);
    }
}
