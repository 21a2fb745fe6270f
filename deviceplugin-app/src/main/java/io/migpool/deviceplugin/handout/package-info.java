/**
 * Hands the devices of label-driven GPUs to pods by the strategies of NVIDIA's device plugin: which resources there
 * are, which pods have what, and one plugin at kubelet for each. It offers existing devices and creates none.
 */
@NullMarked
package io.migpool.deviceplugin.handout;

import org.jspecify.annotations.NullMarked;
