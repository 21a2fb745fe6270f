/**
 * The MIG Manager's work as commands for a person on a node without Kubernetes, with the flags and variables of NVIDIA's
 * mig-parted. Translates words into calls of the room next door, {@code geometry}, on the driver that configuration names and with
 * the pods that kubelet tells; nobody enters from outside.
 */
@NullMarked
package io.migpool.deviceplugin.cli;

import org.jspecify.annotations.NullMarked;
