package io.migpool.deviceplugin.nvml;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A GPU instance profile as the header enumerates it ({@code NVML_GPU_INSTANCE_PROFILE_*}). Only the question what a board offers
 * takes it; the answer holds the {@link ProfileId} that everything else takes.
 *
 * @param value number in the header, from 0
 */
record ProfileEnum(int value) {

    /** Beyond the last one that this build's header has (0x11), because a newer driver may offer more. */
    private static final int LOOK_UP_TO = 0x20;

    /** All that are worth asking for; a driver refuses those that it or the board does not know. */
    static List<ProfileEnum> all() {
        return IntStream.range(0, LOOK_UP_TO).mapToObj(ProfileEnum::new).toList();
    }

    /** What the enumeration adds to a profile's name; for a value that this build does not know, nothing. */
    String suffix() {
        return switch (value) {
            case 0x7, 0x8 -> "+me"; // 1_SLICE_REV1, 2_SLICE_REV1
            case 0xA, 0xB, 0xC, 0x11 -> "+gfx"; // 1_, 2_, 4_, 3_SLICE_GFX
            case 0xD, 0xE -> "-me"; // 1_, 2_SLICE_NO_ME
            case 0xF, 0x10 -> "+me.all"; // 1_, 2_SLICE_ALL_ME
            default -> "";
        };
    }

    /** Whether this build can name the profile without the driver's help. */
    boolean isKnown() {
        return value <= 0x11;
    }
}
