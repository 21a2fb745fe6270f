package io.migpool.extender.pool;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.wire.Annotations;
import java.util.OptionalLong;

/** The texts of all refusals, in one place, so that the same problem reads the same on all nodes. */
public final class Reasons {

    private Reasons() {}

    public static Reason misunderstood(String sentence) {
        return new Reason(ReasonCode.MISUNDERSTOOD, sentence);
    }

    /** The extender knows no node of this name. */
    public static Reason unknownNode() {
        return new Reason(ReasonCode.NOT_REGISTERED, "node is not known to the GPU pool");
    }

    /** The node has no registration. */
    public static Reason notRegistered() {
        return new Reason(
                ReasonCode.NOT_REGISTERED, "node has not registered any GPU: check that the device plugin runs there");
    }

    /** The node's registration cannot be read. */
    public static Reason malformedRegistration() {
        return new Reason(
                ReasonCode.NOT_REGISTERED,
                "GPU registration of the node is malformed: restart the device plugin there to rewrite it");
    }

    /** The node's Ready condition is not True. */
    public static Reason notReady() {
        return new Reason(ReasonCode.NODE_NOT_READY, "node is not Ready");
    }

    /** The node agent reports that it starts no containers: it is stopping, or its devices are not registered with kubelet. */
    public static Reason stopping() {
        return new Reason(ReasonCode.NODE_NOT_SERVING, "device plugin of the node is starting or stopping");
    }

    /** kubelet advertises none of our devices. */
    public static Reason nothingAllocatable(String resource) {
        return new Reason(
                ReasonCode.NODE_NOT_SERVING,
                "node advertises no " + resource + ": wait for the device plugin to register with kubelet");
    }

    public static Reason unhealthy() {
        return new Reason(ReasonCode.UNHEALTHY, "GPU is unhealthy");
    }

    public static Reason cordoned() {
        return new Reason(ReasonCode.CORDONED, "GPU is cordoned");
    }

    public static Reason mode(GpuMode mode, String wanted) {
        return new Reason(
                ReasonCode.MODE,
                wanted.isEmpty()
                        ? "GPU mode is %s, which is not served here".formatted(mode)
                        : "GPU mode is %s, pod wants %s".formatted(mode, wanted));
    }

    public static Reason type(String annotation) {
        return new Reason(ReasonCode.TYPE, "GPU model is excluded by " + annotation);
    }

    public static Reason uuid(String annotation) {
        return new Reason(ReasonCode.UUID, "GPU is excluded by " + annotation);
    }

    public static Reason tooLarge(String wanted, long largestMiB) {
        return new Reason(
                ReasonCode.TOO_LARGE, "asks for %s, but the largest GPU has %d MiB".formatted(wanted, largestMiB));
    }

    public static Reason noWholeGpu() {
        return new Reason(
                ReasonCode.NO_WHOLE_GPU,
                "asks for a whole GPU, but configuration allows no full-size MIG profile: ask for memory or allow it");
    }

    public static Reason noProfile(String wanted) {
        return new Reason(
                ReasonCode.NO_PROFILE,
                "no allowed MIG profile serves " + wanted + ": ask for less or allow a larger profile");
    }

    public static Reason tooFewGpus(int wanted) {
        return new Reason(
                ReasonCode.TOO_FEW_GPUS, "asks for %d GPUs in one container, more than the node has".formatted(wanted));
    }

    /** The same where GPUs are cut into instances. */
    public static Reason tooFewDevices(int wanted, String size) {
        return new Reason(
                ReasonCode.TOO_FEW_GPUS,
                "asks for %d devices with %s in one container, more than the node has even when empty"
                        .formatted(wanted, size));
    }

    /** Enough GPUs suit the pod, but not all of them can be used. */
    public static Reason outOfUse(Reason gpu) {
        return gpu.code() == ReasonCode.EXCLUSIVE ? gpu : new Reason(ReasonCode.OUT_OF_USE, gpu.text());
    }

    static Reason noSlot() {
        return new Reason(ReasonCode.SLOTS, "GPU is shared by as many containers as allowed (deviceSplitCount)");
    }

    static Reason memory(String wanted) {
        return new Reason(ReasonCode.MEMORY, "not enough free GPU memory for " + wanted);
    }

    static Reason cores(int percent) {
        return new Reason(ReasonCode.CORES, "not enough free GPU cores for %d %%".formatted(percent));
    }

    static Reason coresExhausted() {
        return new Reason(ReasonCode.CORES, "all GPU cores are reserved by other pods");
    }

    static Reason exclusive() {
        return new Reason(ReasonCode.EXCLUSIVE, "asks for all cores of a GPU that others use");
    }

    public static Reason mutex() {
        return new Reason(ReasonCode.EXCLUSIVE, "wants a GPU to itself, but others use this one");
    }

    public static Reason geometry(String wanted, MigProfile profile) {
        return new Reason(
                ReasonCode.GEOMETRY,
                "no MIG geometry has room for %s (%s) alongside the running instances".formatted(wanted, profile));
    }

    public static Reason noSlice(String wanted, MigProfile profile) {
        return new Reason(ReasonCode.NO_SLICE, "no free MIG slice for %s (%s)".formatted(wanted, profile));
    }

    public static Reason fragmented(String wanted, MigProfile profile) {
        return new Reason(
                ReasonCode.FRAGMENTED, "free MIG slices are not contiguous for %s (%s)".formatted(wanted, profile));
    }

    public static Reason notTogether(int devices) {
        return new Reason(
                ReasonCode.NOT_TOGETHER,
                "the %d devices of the pod do not fit on the node together".formatted(devices));
    }

    public static Reason notOnOneNumaNode() {
        return new Reason(
                ReasonCode.ARRANGEMENT,
                "the pod's devices fit, but not those of each container on GPUs of one NUMA node (%s)"
                        .formatted(Annotations.NUMA_BIND));
    }

    public static Reason notOnDifferentGpus(int devices) {
        return new Reason(
                ReasonCode.ARRANGEMENT,
                "the %d devices of the pod fit, but not on different GPUs (%s)"
                        .formatted(devices, Annotations.SPREAD_DEVICES));
    }

    public static Reason searchLimit(int devices) {
        return new Reason(
                ReasonCode.SEARCH_LIMIT,
                "no arrangement of the pod's %d devices was found within the search limit".formatted(devices));
    }

    /**
     * The namespace's ResourceQuotas leave too little. The amount used is omitted: it changes with every pod there, and
     * the scheduler retries a pod at once if its refusal reads differently.
     */
    public static Reason quota(
            String namespace, OptionalLong memoryMiB, OptionalLong cores, Charge used, Charge wanted) {
        boolean memory = memoryMiB.isPresent() && used.memoryMiB() + wanted.memoryMiB() > memoryMiB.getAsLong();
        return new Reason(
                ReasonCode.QUOTA,
                memory
                        ? "quota of namespace %s allows %d MiB of GPU memory and has too little left for the pod's %d"
                                .formatted(namespace, memoryMiB.getAsLong(), wanted.memoryMiB())
                        : "quota of namespace %s allows %d %% GPU cores and has too little left for the pod's %d"
                                .formatted(namespace, cores.orElse(0), wanted.cores()));
    }
}
