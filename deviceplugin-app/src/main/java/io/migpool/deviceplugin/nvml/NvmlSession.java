package io.migpool.deviceplugin.nvml;

/**
 * The library, opened once for the driver's life, with its calls by subject.
 *
 * @param nvml machine and whole GPUs
 * @param mig GPU instances, compute instances, MIG devices
 * @param processes lists of processes
 * @param discovery what boards offer
 * @param gpm what MIG devices do
 * @param links how GPUs are connected
 * @param events what happens to GPUs by itself
 */
record NvmlSession(
        Nvml nvml,
        NvmlMig mig,
        NvmlProcesses processes,
        ProfileDiscovery discovery,
        GpmCalls gpm,
        LinkCalls links,
        EventCalls events) {

    static NvmlSession on(NvmlLibrary library) {
        Calls calls = new Calls();
        NvmlMig mig = new NvmlMig(library, calls);
        return new NvmlSession(
                new Nvml(library, calls),
                mig,
                new NvmlProcesses(library, calls),
                new ProfileDiscovery(mig),
                new GpmCalls(library, calls),
                new LinkCalls(library, calls),
                new EventCalls(library, calls));
    }
}
