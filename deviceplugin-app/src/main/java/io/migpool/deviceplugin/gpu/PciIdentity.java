package io.migpool.deviceplugin.gpu;

/**
 * A board's identity from its PCI configuration space ({@code nvmlPciInfo_t}).
 *
 * @param deviceId device in the upper, vendor in the lower 16 bits: {@code 0x20B210DE}
 * @param subsystemId the same for the board's maker, 0 if the platform reports none
 */
public record PciIdentity(long deviceId, long subsystemId) {

    private static final long LARGEST = 0xFFFF_FFFFL;

    public PciIdentity {
        if (deviceId < 0 || deviceId > LARGEST || subsystemId < 0 || subsystemId > LARGEST) {
            throw new IllegalArgumentException(
                    "PCI device 0x%X, subsystem 0x%X; both must be 32 bits wide".formatted(deviceId, subsystemId));
        }
    }
}
