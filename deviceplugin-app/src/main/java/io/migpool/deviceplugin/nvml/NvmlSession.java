package io.migpool.deviceplugin.nvml;

/**
 * The library, opened once for the driver's life, with its calls by subject.
 *
 * @param nvml calls about the machine and whole GPUs
 * @param mig calls about GPU instances, compute instances and MIG devices
 * @param processes lists of processes
 * @param discovery calls about what boards offer
 * @param gpm calls about the utilisation of MIG devices
 * @param links calls about how GPUs are connected
 * @param events calls about events
 */
record NvmlSession(
        DeviceCalls nvml,
        MigCalls mig,
        ProcessCalls processes,
        ProfileDiscovery discovery,
        GpmCalls gpm,
        LinkCalls links,
        EventCalls events) {

    static NvmlSession on(NvmlLibrary library) {
        Calls calls = new Calls();
        MigCalls mig = new MigCalls(library, calls);
        return new NvmlSession(
                new DeviceCalls(library, calls),
                mig,
                new ProcessCalls(library, calls),
                new ProfileDiscovery(mig),
                new GpmCalls(library, calls),
                new LinkCalls(library, calls),
                new EventCalls(library, calls));
    }
}
