/**
 * Decides which GPU, which MIG profile and which start a pod gets: pure functions of a pod's demand and immutable node views.
 * Uses only {@code pool}, and reads no clock. {@code cluster} may not use it, so that what there is never depends on what is
 * decided.
 */
@NullMarked
package io.migpool.extender.placement;

import org.jspecify.annotations.NullMarked;
