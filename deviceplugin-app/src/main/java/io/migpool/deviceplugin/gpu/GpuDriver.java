package io.migpool.deviceplugin.gpu;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the node agent needs from a GPU driver. The calls follow NVML ({@code nvml.h}, API 12 and 13) without its handles:
 * everything that comes back is a value that was true when it was read.
 *
 * <p>Calls block, some for seconds, and may be made from any thread. Mutations of one GPU are carried out one after another;
 * mutations of different GPUs run side by side. A driver may be used by several processes at once: between two calls anybody
 * may create or destroy an instance.
 *
 * <p>Order of calls for one MIG device: {@link #enableMig} once per GPU, {@link #createGpuInstance},
 * {@link #createComputeInstance}; back again {@link #destroyComputeInstance}, {@link #destroyGpuInstance}. A GPU is
 * reset, and MIG mode switched off, only through {@link #modeSwitch}: both disturb whoever runs there.
 *
 * <p>Every call may fail with {@link GpuErrorCode#GPU_LOST}, {@link GpuErrorCode#NO_PERMISSION}, {@link GpuErrorCode#TIMEOUT}
 * and {@link GpuErrorCode#UNKNOWN}, and those that name a GPU with {@link GpuErrorCode#NOT_FOUND}; other codes stand at the call.
 * A mutation that fails has changed nothing, unless the code is {@code TIMEOUT}, {@code GPU_LOST} or {@code UNKNOWN}: then read
 * {@link #instances} again before the next step.
 */
public interface GpuDriver extends AutoCloseable {

    /**
     * The GPUs of this machine, by index. A GPU that was lost while the driver was open stays in the list (each call that
     * names it fails with {@code GPU_LOST}), so that one bad board does not hide the others.
     */
    List<GpuDescription> gpus() throws GpuException;

    /**
     * GPUs of this machine that could not be identified when the driver was opened, by index; no call can name them, and
     * {@link #gpus} lists them only once the driver is opened anew.
     */
    default List<UnlistedGpu> unlisted() {
        return List.of();
    }

    /**
     * Asks the {@link #unlisted} GPUs once more. Called from one thread.
     *
     * @return whether one can be identified by now, so that the driver had better be opened anew
     */
    default boolean hasMore() throws GpuException {
        return false;
    }

    /**
     * The MIG mode of a GPU ({@code nvmlDeviceGetMigMode}).
     *
     * @throws GpuException {@code NOT_SUPPORTED} if the board has no MIG
     */
    MigMode migMode(String gpuUuid) throws GpuException;

    /**
     * Switches MIG mode on ({@code nvmlDeviceSetMigMode}); does nothing if it is on. Where the board needs a reset for it the
     * answer is {@link MigMode#resetRequired()} and the mode is off until somebody resets the GPU. A mode that is on and would
     * go off with the next reset stays on then; whoever uses the GPU does not notice.
     *
     * @return the mode after the call
     * @throws GpuException {@code IN_USE} if processes run on the GPU, the mode then stays off, perhaps pending;
     *     {@code NOT_SUPPORTED} if the board has no MIG
     */
    MigMode enableMig(String gpuUuid) throws GpuException;

    /** All GPU instances of a GPU with their compute instances, whoever made them, by id; empty while MIG mode is off. */
    List<GpuInstance> instances(String gpuUuid) throws GpuException;

    /**
     * Cuts a GPU instance at exactly this place ({@code nvmlDeviceCreateGpuInstanceWithPlacement}). It has no compute instance
     * yet and no container can use it.
     *
     * @throws GpuException {@code NOT_FOUND} if the board does not offer the profile; {@code INVALID_ARGUMENT} if the profile
     *     cannot start there or names a part of a GPU instance ({@code 1c.3g.20gb}); {@code INSUFFICIENT_RESOURCES} if a unit is
     *     taken, or as many instances of the profile exist as the board allows, or an attribute such as {@code +me} is taken;
     *     {@code NOT_SUPPORTED} while MIG mode is off; {@code RESET_REQUIRED} while it waits for a reset
     */
    GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement) throws GpuException;

    /**
     * Makes the one compute instance that takes the whole GPU instance; with it the MIG device exists and has a UUID.
     *
     * @param instance as read or created; only its GPU, id, profile and placement matter
     * @throws GpuException {@code INSUFFICIENT_RESOURCES} if a compute instance is there already; {@code NOT_FOUND} if no such
     *     instance exists any more (another one under its id counts as none)
     */
    ComputeInstance createComputeInstance(GpuInstance instance) throws GpuException;

    /**
     * Destroys a compute instance. Its MIG UUID stands for nothing then, and may come back with the next instance that gets the
     * same ids on the same GPU.
     *
     * @throws GpuException {@code IN_USE} while a process uses it; {@code NOT_FOUND} if no such instance exists any more
     *     (another one under its id counts as none)
     */
    void destroyComputeInstance(GpuInstance instance, ComputeInstance computeInstance) throws GpuException;

    /**
     * Destroys a GPU instance and frees its units; its id may be given to the next one.
     *
     * @param instance as read or created; only its GPU, id, profile and placement matter
     * @throws GpuException {@code IN_USE} while it has a compute instance or a process; {@code NOT_FOUND} if no such instance
     *     exists any more (another one under its id counts as none)
     */
    void destroyGpuInstance(GpuInstance instance) throws GpuException;

    /** The processes that hold a context on a GPU or on one of its instances, by process id. */
    List<GpuProcess> processes(String gpuUuid) throws GpuException;

    /** What a GPU and its MIG devices use now; shares of a time span are those since the last call. */
    GpuUsage usage(String gpuUuid) throws GpuException;

    /**
     * The engines that an instance of each profile takes. Instances do not share media engines; those of a whole GPU are what
     * the profile has that takes most.
     *
     * @return only the profiles that the driver tells now
     */
    Map<MigProfile, GpuFeatures.Engines> engines(String gpuUuid) throws GpuException;

    /** What a GPU and its MIG devices have, for labels. */
    GpuFeatures features(String gpuUuid) throws GpuException;

    /**
     * What the GPU needs before it can be relied on again. Also the cheapest way to see whether it still answers.
     *
     * @return empty if the driver does not tell
     */
    Optional<RecoveryAction> recoveryAction(String gpuUuid) throws GpuException;

    /**
     * Begins to listen to what happens to the GPUs by itself.
     *
     * @throws GpuException {@code NOT_SUPPORTED} if the driver tells nothing
     */
    GpuEvents events() throws GpuException;

    /** Versions of the driver and of CUDA, for labels; empty where there is no driver that has any. */
    default Optional<DriverVersions> versions() throws GpuException {
        return Optional.empty();
    }

    /** How the GPUs reach each other, each pair once, without pairs of GPUs that do not answer; empty if nothing is known. */
    default List<GpuLink> links() throws GpuException {
        return List.of();
    }

    /** Identifies the present boot of the machine; when it differs, no instance made before exists any more. */
    String bootId() throws GpuException;

    /** The means to switch MIG mode off and to reset, where the adapter has it; for layouts of whole GPUs, never for the pool. */
    default Optional<MigModeSwitch> modeSwitch() {
        return Optional.empty();
    }

    /** Lets go of the driver. GPUs and instances stay as they are. Calls after it fail with {@code INVALID_ARGUMENT}. */
    @Override
    void close();
}
