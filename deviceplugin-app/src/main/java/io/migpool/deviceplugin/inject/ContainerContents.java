package io.migpool.deviceplugin.inject;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import io.migpool.deviceplugin.reservation.OfferedGpus;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Determines what goes into a container: the devices that it sees, and for shares of GPUs the limits, files and mounts
 * of HAMi's library.
 */
public final class ContainerContents {

    private static final System.Logger LOG = System.getLogger(ContainerContents.class.getName());

    private final OfferedGpus gpus;
    private final Events events;
    private final InjectSettings inject;
    private final HamiCore hamiCore;
    private final DeviceAccess access;

    /**
     * @param gpus the GPUs of this node
     * @param events reports what is missing on the host
     * @param inject how containers are given their devices
     */
    public ContainerContents(OfferedGpus gpus, Events events, InjectSettings inject) {
        this.gpus = gpus;
        this.events = events;
        this.inject = inject;
        this.access = new DeviceAccess(inject, gpus::minors);
        this.hamiCore = new HamiCore(inject.hookPath(), inject.lockDirectory());
    }

    /** See {@link DeviceAccess#getReady}. */
    void getReady() {
        access.getReady();
    }

    /**
     * Returns the contents of one container. Creates its directories on the host if it needs any.
     *
     * @param devices its devices in the order of its slots
     * @param runtimes identity of the pod's instances
     * @throws PreparationException if an instance has no identity, or the devices cannot be used together
     */
    ContainerEdits of(
            PodClaim claim, ContainerClaim container, List<ClaimedDevice> devices, Map<Slice, MigRuntime> runtimes)
            throws PreparationException {
        List<VisibleDevice> instances = new ArrayList<>();
        List<ClaimedDevice.Shared> shared = new ArrayList<>();
        for (ClaimedDevice device : devices) {
            switch (device) {
                case ClaimedDevice.Mig mig -> instances.add(VisibleDevice.instance(mig.slice(), runtimes));
                case ClaimedDevice.Shared share -> shared.add(share);
            }
        }
        if (shared.isEmpty()) {
            return access.give(ContainerEdits.NONE, instances);
        }
        if (!instances.isEmpty()) {
            throw new PreparationException(
                    StartFailure.RESERVATION_MISMATCH,
                    "container %s has both MIG instances and shares of whole GPUs, which CUDA cannot use together; pin the pod with nvidia.com/vgpu-mode"
                            .formatted(container.name()));
        }
        makeReady(claim, container);
        List<ClaimedDevice.Shared> numbered = HamiCore.numbered(shared, gpus.indices());
        return access.give(
                hamiCore.edits(claim, container, numbered, gpus.sharing()),
                numbered.stream()
                        .map(share -> VisibleDevice.gpu(share.gpuUuid(), List.of()))
                        .toList());
    }

    /** Prepares the host. What is missing there is reported here; the container runtime then refuses the mount. */
    private void makeReady(PodClaim claim, ContainerClaim container) {
        hamiCore.files(container).stream()
                .filter(file -> !Files.exists(file))
                .findFirst()
                .ifPresent(
                        missing -> events.warnPod(
                                ContainerStart.ref(claim),
                                "SharingLibraryMissing",
                                missing
                                        + " is not on this node, so memory and compute limits cannot be enforced; install it there"));
        try {
            hamiCore.makeDirectories(claim, container);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot create the directories of container " + container.name(), e);
            events.warnPod(
                    ContainerStart.ref(claim),
                    "DirectoryNotMade",
                    "cannot create the container's directory under %s, or %s (%s); make both writable for the node agent"
                            .formatted(inject.hookPath(), inject.lockDirectory(), e.getMessage()));
        }
    }
}
