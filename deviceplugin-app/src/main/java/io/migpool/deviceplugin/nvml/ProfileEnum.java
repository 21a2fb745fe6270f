package io.migpool.deviceplugin.nvml;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A GPU instance profile as the header enumerates it ({@code NVML_GPU_INSTANCE_PROFILE_*}). Used only to query what a
 * board offers; the answer has the {@link ProfileId} that everything else uses.
 *
 * @param value number in the header, from 0
 */
record ProfileEnum(int value) {

    /** Higher than the last one in this build's header (0x11), because a newer driver may offer more. */
    private static final int LOOK_UP_TO = 0x20;

    /** Returns all values worth querying; a driver rejects those that it or the board does not know. */
    static List<ProfileEnum> all() {
        return IntStream.range(0, LOOK_UP_TO).mapToObj(ProfileEnum::new).toList();
    }

    /** Returns the suffix of the profile's name; empty for a value that this build does not know. */
    String suffix() {
        return switch (value) {
            case 0x7, 0x8 -> "+me"; // 1_SLICE_REV1, 2_SLICE_REV1
            case 0xA, 0xB, 0xC, 0x11 -> "+gfx"; // 1_, 2_, 4_, 3_SLICE_GFX
            case 0xD, 0xE -> "-me"; // 1_, 2_SLICE_NO_ME
            case 0xF, 0x10 -> "+me.all"; // 1_, 2_SLICE_ALL_ME
            default -> "";
        };
    }

    /** Returns whether this build can name the profile without the driver's help. */
    boolean isKnown() {
        return value <= 0x11;
    }
}
