/**
 * Communication between containers on software-shared GPUs and the node, through the files that hami-core maps: usage
 * of memory and compute, and turn-taking. It depends only on the claims of {@code instance}.
 */
@NullMarked
package io.migpool.deviceplugin.sharing;

import org.jspecify.annotations.NullMarked;
