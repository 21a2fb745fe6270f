/**
 * Determines what a container gets: from its slots to its reservation, to instances, to the CDI file with its
 * environment and mounts. It combines {@code kubelet}, {@code node} and {@code instance}.
 */
@NullMarked
package io.migpool.deviceplugin.inject;

import org.jspecify.annotations.NullMarked;
