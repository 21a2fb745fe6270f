/**
 * What containers on software-shared GPUs and the node tell each other through the files that hami-core maps: their use of
 * memory and compute, and whose turn it is. {@code inject}, which makes the directories, and the wiring may enter; of the
 * agent it uses claims of {@code instance} alone.
 */
@NullMarked
package io.migpool.deviceplugin.sharing;

import org.jspecify.annotations.NullMarked;
