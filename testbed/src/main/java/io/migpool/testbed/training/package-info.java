/**
 * Runs the applications of new images once in an embedded cluster, so that their JVMs can reuse what they learn. Used
 * only by the build of the images.
 */
@NullMarked
package io.migpool.testbed.training;

import org.jspecify.annotations.NullMarked;
