package io.migpool.deviceplugin.geometry.spec;

import io.migpool.deviceplugin.gpu.PciIdentity;
import java.util.List;
import java.util.OptionalLong;

/**
 * A kind of board ({@code device-filter}): {@code 0xDDDDVVVV}, or with the maker's identity
 * {@code 0xDDDDVVVV:0xSSSSVVVV} (mig-parted {@code pkg/types/device.go}).
 *
 * @param device device and vendor
 * @param subsystem device and vendor of the board's maker; empty for any
 */
public record DeviceFilter(long device, OptionalLong subsystem) {

    private static final long LARGEST = 0xFFFF_FFFFL;

    /**
     * Reads a filter.
     *
     * @throws IllegalArgumentException if it is malformed; names the wrong part and the right form
     */
    public static DeviceFilter parse(String text) {
        String[] parts = text.split(":", -1);
        return switch (parts.length) {
            case 1 -> new DeviceFilter(number(parts[0], "device", text), OptionalLong.empty());
            case 2 ->
                new DeviceFilter(
                        number(parts[0], "device", text), OptionalLong.of(number(parts[1], "subsystem", text)));
            default -> throw malformed(text, "it has " + parts.length + " parts");
        };
    }

    /** Returns whether one of the filters matches the board; no filter matches every board. */
    public static boolean anyMatches(List<DeviceFilter> filters, PciIdentity board) {
        return filters.isEmpty() || filters.stream().anyMatch(filter -> filter.matches(board));
    }

    /** Returns whether it matches this board. */
    public boolean matches(PciIdentity board) {
        return device == board.deviceId() && (subsystem.isEmpty() || subsystem.getAsLong() == board.subsystemId());
    }

    /** Returns the filter for all boards with this device identity. */
    public static DeviceFilter of(PciIdentity board) {
        return new DeviceFilter(board.deviceId(), OptionalLong.empty());
    }

    private static long number(String part, String name, String text) {
        try {
            long value = Long.decode(part);
            if (value >= 0 && value <= LARGEST) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw malformed(text, "its %s '%s' is not a number".formatted(name, part));
        }
        throw malformed(text, "its %s '%s' is wider than 32 bits".formatted(name, part));
    }

    private static IllegalArgumentException malformed(String text, String why) {
        return new IllegalArgumentException(
                "'%s' is not a device filter: %s; write 0x20B210DE, or 0x20B210DE:0x147F10DE with a subsystem"
                        .formatted(text, why));
    }

    private static String word(long value) {
        return "0x%08X".formatted(value);
    }

    @Override
    public String toString() {
        return subsystem.isEmpty() ? word(device) : word(device) + ":" + word(subsystem.getAsLong());
    }
}
