package io.migpool.deviceplugin.inject;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How containers are given their devices.
 *
 * @param strategy how Allocate names the CDI device
 * @param deviceList how a container learns which devices it may see
 * @param cdiDirectory where the container runtime looks for CDI specifications
 * @param driver where the host describes what a container needs to use the driver
 * @param hookPath HAMi's {@code HOOK_PATH}: the directory on the host that holds {@code vgpu/libvgpu.so}
 * @param lockDirectory the directory on the host for the locks of HAMi's library, below one in which only root can
 *     create anything
 * @param startLimit longest time for one PreStartContainer; kubelet waits 30 s
 * @param ownerLimit the part of it that may be spent on finding out whose slots they are
 */
public record InjectSettings(
        Strategy strategy,
        DeviceList deviceList,
        Path cdiDirectory,
        DriverFiles driver,
        Path hookPath,
        Path lockDirectory,
        Duration startLimit,
        Duration ownerLimit) {

    /** How Allocate names the CDI device. */
    public enum Strategy {
        /**
         * In the CDI field of the answer; the container runtime resolves it (kubelet 1.28, containerd 1.7, CRI-O 1.26).
         */
        CDI_CRI,
        /**
         * In {@code NVIDIA_VISIBLE_DEVICES}; the NVIDIA runtime resolves it, and adds what the device holds and nothing
         * else.
         */
        ENVIRONMENT
    }

    /** How a container learns which devices it may see; both are read by the NVIDIA runtime. */
    public enum DeviceList {
        /** {@code NVIDIA_VISIBLE_DEVICES} names them. */
        ENVIRONMENT,
        /**
         * A mount {@code /var/run/nvidia-container-devices/<uuid>} stands for each. For runtimes with
         * {@code accept-nvidia-visible-devices-envvar-when-unprivileged = false}, where users cannot help themselves to
         * GPUs by setting the variable.
         */
        VOLUME_MOUNTS
    }

    public InjectSettings {
        if (startLimit.isNegative() || startLimit.isZero() || ownerLimit.compareTo(startLimit) > 0) {
            throw new IllegalArgumentException(
                    "migpool.prestart.limit is %s and migpool.prestart.owner-limit %s; the first must be positive and the second not longer"
                            .formatted(startLimit, ownerLimit));
        }
    }
}
