/**
 * Hands the devices of label-driven GPUs to pods by the strategies of NVIDIA's device plugin: which resources there are, who
 * has what, and one plugin at kubelet for each. Only the wiring enters; it offers what is there and cuts nothing.
 */
@NullMarked
package io.migpool.deviceplugin.handout;

import org.jspecify.annotations.NullMarked;
