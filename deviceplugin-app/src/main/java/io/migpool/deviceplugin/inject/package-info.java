/**
 * What a container gets: from its slots to its reservation, to instances, to the CDI file with its environment and mounts. It
 * brings {@code kubelet}, {@code node} and {@code instance} together; {@code handout}, whose containers get CDI files too,
 * {@code rehearsal} and the wiring may enter.
 */
@NullMarked
package io.migpool.deviceplugin.inject;

import org.jspecify.annotations.NullMarked;
