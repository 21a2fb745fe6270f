package io.migpool.deviceplugin.gpu;

/**
 * The MIG mode of one GPU ({@code nvmlDeviceGetMigMode}).
 *
 * @param enabled whether it is on now
 * @param pending whether it will be on after the next reset; equal to {@code enabled} if no change is pending
 */
public record MigMode(boolean enabled, boolean pending) {

    public static final MigMode ON = new MigMode(true, true);
    public static final MigMode OFF = new MigMode(false, false);
    /** Requested, but off until the GPU is reset or its processes are gone. */
    public static final MigMode PENDING = new MigMode(false, true);

    /** Returns whether the GPU has to be reset before the mode changes. */
    public boolean resetRequired() {
        return enabled != pending;
    }
}
