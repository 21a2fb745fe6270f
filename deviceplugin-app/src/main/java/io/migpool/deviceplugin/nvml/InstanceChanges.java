package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.List;

/** Creates and destroys the instances of one GPU, on its thread for changes. A refused call has changed nothing. */
final class InstanceChanges {

    private final NvmlGpu gpu;
    private final NvmlThread changes;
    private final Runnable onMade;

    /**
     * @param changes the GPU's thread for changes
     * @param onMade called after each GPU instance that was created, because its id may have belonged to another one
     */
    InstanceChanges(NvmlGpu gpu, NvmlThread changes, Runnable onMade) {
        this.gpu = gpu;
        this.changes = changes;
        this.onMade = onMade;
    }

    GpuInstance createGpuInstance(MigProfile profile, Placement placement) throws GpuException {
        String call = "createGpuInstance";
        return changes.run(call, gpu.uuid(), wanted -> {
            GpuVisit visit = gpu.visit(call);
            visit.requireMigMode();
            OfferedProfile offered = offered(visit, profile, placement);
            wanted.check();
            Handle.GpuInstance handle;
            try {
                handle = gpu.mig().createInstance(visit.device(), offered.id(), placement);
                onMade.run();
            } catch (NvmlException e) {
                throw e.toGpuException(e.code().errorCode(), call, gpu.uuid(), profile + " at " + placement);
            }
            try {
                MigCalls.InstanceInfo info = gpu.mig().info(handle);
                return new GpuInstance(gpu.uuid(), info.id(), profile, info.placement(), List.of());
            } catch (NvmlException e) {
                throw madeButUnread(e, call, profile + " at " + placement);
            }
        });
    }

    private OfferedProfile offered(GpuVisit visit, MigProfile profile, Placement placement)
            throws NvmlException, GpuException {
        String call = "createGpuInstance";
        if (profile.sharesGpuInstance()) {
            throw gpu.refusal(GpuErrorCode.INVALID_ARGUMENT, call, profile + " names a part of a GPU instance");
        }
        OfferedProfile offered = visit.table()
                .find(profile)
                .orElseThrow(
                        () -> gpu.refusal(GpuErrorCode.NOT_FOUND, call, gpu.model() + " does not offer " + profile));
        if (!offered.capability().allows(placement)) {
            throw gpu.refusal(
                    GpuErrorCode.INVALID_ARGUMENT,
                    call,
                    "%s cannot be placed at %s, only at %s"
                            .formatted(profile, placement, offered.capability().placements()));
        }
        return offered;
    }

    /** Reports an instance that was created but could not be read; this must not look like "nothing has changed". */
    private GpuException madeButUnread(NvmlException e, String call, String subject) {
        GpuErrorCode code = e.code() == ReturnCode.GPU_IS_LOST ? GpuErrorCode.GPU_LOST : GpuErrorCode.UNKNOWN;
        return e.toGpuException(code, call, gpu.uuid(), subject + " was made but cannot be read back");
    }

    ComputeInstance createComputeInstance(GpuInstance instance, int computeSlices) throws GpuException {
        String call = "createComputeInstance";
        return changes.run(call, gpu.uuid(), wanted -> {
            GpuVisit visit = gpu.visit(call);
            GpuVisit.Found found = visit.find(instance);
            boolean whole = computeSlices == instance.profile().gpuSlices();
            int slices = whole ? found.offered().capability().sliceCount() : computeSlices;
            ComputeProfile size = gpu
                    .computeProfiles(found.handle(), found.offered().id())
                    .stream()
                    .filter(profile -> profile.slices() == slices)
                    .findFirst()
                    .orElseThrow(() -> gpu.refusal(
                            GpuErrorCode.NOT_SUPPORTED,
                            call,
                            "the driver offers no compute instance of %d slices for %s".formatted(slices, instance)));
            wanted.check();
            Handle.ComputeInstance handle;
            try {
                handle = gpu.mig().createComputeInstance(found.handle(), size.id());
            } catch (NvmlException e) {
                throw visit.gone(e, instance);
            }
            try {
                return visit.describe(instance.id(), found.offered(), gpu.mig().info(handle), slices);
            } catch (NvmlException e) {
                throw madeButUnread(e, call, "a compute instance of " + instance);
            }
        });
    }

    void destroyComputeInstance(GpuInstance instance, ComputeInstance computeInstance) throws GpuException {
        String call = "destroyComputeInstance";
        changes.run(call, gpu.uuid(), wanted -> {
            GpuVisit visit = gpu.visit(call);
            Handle.ComputeInstance handle = visit.find(visit.find(instance), computeInstance);
            wanted.check();
            try {
                gpu.mig().destroy(handle);
                return computeInstance;
            } catch (NvmlException e) {
                throw visit.gone(e, computeInstance.migUuid());
            }
        });
    }

    void destroyGpuInstance(GpuInstance instance) throws GpuException {
        String call = "destroyGpuInstance";
        changes.run(call, gpu.uuid(), wanted -> {
            GpuVisit visit = gpu.visit(call);
            GpuVisit.Found found = visit.find(instance);
            wanted.check();
            try {
                gpu.mig().destroy(found.handle());
                return instance;
            } catch (NvmlException e) {
                throw visit.gone(e, instance);
            }
        });
    }
}
