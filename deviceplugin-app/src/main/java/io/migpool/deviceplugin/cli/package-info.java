/**
 * The MIG Manager's work as commands for nodes without Kubernetes, with the flags and variables of NVIDIA's
 * mig-parted. Translates arguments into calls of {@code geometry}, with the configured driver and the pods that
 * kubelet reports.
 */
@NullMarked
package io.migpool.deviceplugin.cli;

import org.jspecify.annotations.NullMarked;
