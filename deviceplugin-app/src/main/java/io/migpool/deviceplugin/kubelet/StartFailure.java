package io.migpool.deviceplugin.kubelet;

/** Why a container cannot start. */
public enum StartFailure {
    API_SERVER_UNAVAILABLE("ApiServerUnavailable"),
    CDI_FILE_NOT_WRITTEN("CdiFileNotWritten"),
    CUT_FAILED("CutFailed"),
    CUT_SLOW("CutSlow"),
    DEVICE_GONE("DeviceGone"),
    DRIVER_SPECIFICATION_MISSING("DriverSpecificationMissing"),
    GPU_MODE_MISMATCH("GpuModeMismatch"),
    GPU_UNREADABLE("GpuUnreadable"),
    MALFORMED_REQUEST("MalformedRequest"),
    MALFORMED_RESERVATION("MalformedReservation"),
    MIG_CAPABILITY_UNKNOWN("MigCapabilityUnknown"),
    NO_REQUEST("NoRequest"),
    NO_RESERVATION("NoReservation"),
    PLACEMENT_BLOCKED("PlacementBlocked"),
    PLACEMENT_OCCUPIED("PlacementOccupied"),
    POD_GONE("PodGone"),
    RESERVATION_ELSEWHERE("ReservationElsewhere"),
    RESERVATION_FAILED("ReservationFailed"),
    RESERVATION_MISMATCH("ReservationMismatch"),
    STATE_NOT_SAVED("StateNotSaved"),
    STOPPING("Stopping"),
    UNKNOWN_SLOTS("UnknownSlots");

    private final String reason;

    StartFailure(String reason) {
        this.reason = reason;
    }

    /** Returns its name in Events, metrics and the log, in CamelCase. */
    public String reason() {
        return reason;
    }
}
