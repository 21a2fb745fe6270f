package io.migpool.deviceplugin.gpu;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the node agent needs from a GPU driver. The calls follow NVML ({@code nvml.h}, API 12 and 13) without its
 * handles: everything that comes back is a value that was true when it was read.
 *
 * <p>Calls block, some for seconds, and may be made from any thread. Mutations of one GPU are executed one after
 * another; mutations of different GPUs run in parallel. A driver may be used by several processes at once: between two
 * calls another process may create or destroy an instance.
 *
 * <p>Order of calls for one MIG device: {@link #enableMig} once per GPU, {@link #createGpuInstance},
 * {@link #createComputeInstance}; back again {@link #destroyComputeInstance}, {@link #destroyGpuInstance}. A GPU is
 * reset, and MIG mode switched off, only through {@link #modeSwitch}, because both disturb running workloads.
 *
 * <p>Every call may fail with {@link GpuErrorCode#GPU_LOST}, {@link GpuErrorCode#NO_PERMISSION},
 * {@link GpuErrorCode#TIMEOUT} and {@link GpuErrorCode#UNKNOWN}, and those that name a GPU with
 * {@link GpuErrorCode#NOT_FOUND}; other codes are listed with the call. A mutation that fails has changed nothing,
 * unless the code is {@code TIMEOUT}, {@code GPU_LOST} or {@code UNKNOWN}: read {@link #instances} again before the
 * next step then.
 */
public interface GpuDriver extends AutoCloseable {

    /**
     * Returns the GPUs found so far on this machine, by index. A GPU that was lost while the driver was open stays in
     * the list (each call that names it fails with {@code GPU_LOST}), so that one bad board does not hide the others.
     */
    List<GpuDescription> gpus() throws GpuException;

    /**
     * Returns the GPUs of this machine that could not be identified so far, by index; no call can name them, and
     * {@link #gpus} does not list them.
     */
    default List<UnlistedGpu> unlisted() {
        return List.of();
    }

    /**
     * Looks for GPUs that were not there before or could not be identified, and takes in those that answer: from now on
     * {@link #gpus} lists them, and event streams include them. Their arrival may change the index of other GPUs. Cheap
     * while nothing has changed; waits a bounded time for GPUs that are new. Called from one thread.
     */
    default void lookForMore() throws GpuException {}

    /**
     * Returns the MIG mode of a GPU ({@code nvmlDeviceGetMigMode}).
     *
     * @throws GpuException {@code NOT_SUPPORTED} if the board has no MIG
     */
    MigMode migMode(String gpuUuid) throws GpuException;

    /**
     * Switches MIG mode on ({@code nvmlDeviceSetMigMode}); does nothing if it is on. If the board needs a reset for it,
     * the result is {@link MigMode#resetRequired()} and the mode is off until the GPU is reset. If the mode is on and
     * would go off with the next reset, that change is cancelled; users of the GPU are not affected.
     *
     * @return the mode after the call
     * @throws GpuException {@code IN_USE} if processes run on the GPU; the mode then stays off, perhaps pending;
     *     {@code NOT_SUPPORTED} if the board has no MIG
     */
    MigMode enableMig(String gpuUuid) throws GpuException;

    /**
     * Returns all GPU instances of a GPU with their compute instances, no matter who created them, by id; empty while
     * MIG mode is off.
     */
    List<GpuInstance> instances(String gpuUuid) throws GpuException;

    /**
     * Creates a GPU instance at exactly this place ({@code nvmlDeviceCreateGpuInstanceWithPlacement}). It has no
     * compute instance yet, so no container can use it.
     *
     * @throws GpuException {@code NOT_FOUND} if the board does not offer the profile; {@code INVALID_ARGUMENT} if the
     *     profile cannot start there or names a part of a GPU instance ({@code 1c.3g.20gb});
     *     {@code INSUFFICIENT_RESOURCES} if a unit is taken, or as many instances of the profile exist as the board
     *     allows, or an attribute such as {@code +me} is taken; {@code NOT_SUPPORTED} while MIG mode is off;
     *     {@code RESET_REQUIRED} while it waits for a reset
     */
    GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement) throws GpuException;

    /**
     * Creates the one compute instance that takes the whole GPU instance; the MIG device then exists and has a UUID.
     *
     * @param instance as read or created; only its GPU, id, profile and placement matter
     * @throws GpuException {@code INSUFFICIENT_RESOURCES} if there is a compute instance already; {@code NOT_FOUND} if
     *     the instance no longer exists (another one with its id does not count)
     */
    default ComputeInstance createComputeInstance(GpuInstance instance) throws GpuException {
        return createComputeInstance(instance, instance.profile().gpuSlices());
    }

    /**
     * Creates a compute instance, which may take a part of the GPU instance ({@code
     * nvmlGpuInstanceCreateComputeInstance}). Every compute instance is a MIG device of its own.
     *
     * @param instance as for {@link #createComputeInstance(GpuInstance)}
     * @param computeSlices its size
     * @throws GpuException {@code INSUFFICIENT_RESOURCES} if fewer slices are free; {@code NOT_SUPPORTED} if the
     *     driver offers none of that size there; {@code NOT_FOUND} if the instance no longer exists
     */
    ComputeInstance createComputeInstance(GpuInstance instance, int computeSlices) throws GpuException;

    /**
     * Destroys a compute instance. Its MIG UUID then means nothing, and may be reused by the next instance that gets
     * the same ids on the same GPU.
     *
     * @throws GpuException {@code IN_USE} while a process uses it; {@code NOT_FOUND} if the instance no longer exists
     *     (another one with its id does not count)
     */
    void destroyComputeInstance(GpuInstance instance, ComputeInstance computeInstance) throws GpuException;

    /**
     * Destroys a GPU instance and frees its units; its id may be reused by the next one.
     *
     * @param instance as read or created; only its GPU, id, profile and placement matter
     * @throws GpuException {@code IN_USE} while it has a compute instance or a process; {@code NOT_FOUND} if the
     *     instance no longer exists (another one with its id does not count)
     */
    void destroyGpuInstance(GpuInstance instance) throws GpuException;

    /** Returns the processes that hold a context on a GPU or on one of its instances, by process id. */
    List<GpuProcess> processes(String gpuUuid) throws GpuException;

    /** Returns the present usage of a GPU and its MIG devices; utilisation covers the time since the last call. */
    GpuUsage usage(String gpuUuid) throws GpuException;

    /**
     * Returns the engines that an instance of each profile takes. Instances do not share media engines; those of a
     * whole GPU are the most that any profile takes.
     *
     * @return only the profiles that the driver reports at present
     */
    Map<MigProfile, GpuFeatures.Engines> engines(String gpuUuid) throws GpuException;

    /** Returns the features of a GPU and its MIG devices, for labels. */
    GpuFeatures features(String gpuUuid) throws GpuException;

    /**
     * Returns what the GPU needs before it is reliable again. Also the cheapest way to check that it still responds.
     *
     * @return empty if the driver does not report it
     */
    Optional<RecoveryAction> recoveryAction(String gpuUuid) throws GpuException;

    /**
     * Starts listening to events of the GPUs.
     *
     * @throws GpuException {@code NOT_SUPPORTED} if the driver has no events
     */
    GpuEvents events() throws GpuException;

    /** Returns the versions of the driver and of CUDA, for labels; empty if there are none. */
    default Optional<DriverVersions> versions() throws GpuException {
        return Optional.empty();
    }

    /**
     * Returns how the GPUs are connected, each pair once, without pairs of GPUs that do not respond; empty if nothing
     * is known.
     */
    default List<GpuLink> links() throws GpuException {
        return List.of();
    }

    /** Identifies the present boot of the machine; when it changes, no earlier instance exists any more. */
    String bootId() throws GpuException;

    /**
     * Returns the means to switch MIG mode off and to reset, if the adapter has it; for layouts of whole GPUs, never
     * for the pool.
     */
    default Optional<MigModeSwitch> modeSwitch() {
        return Optional.empty();
    }

    /** Releases the driver. GPUs and instances stay as they are. Later calls fail with {@code INVALID_ARGUMENT}. */
    @Override
    void close();
}
