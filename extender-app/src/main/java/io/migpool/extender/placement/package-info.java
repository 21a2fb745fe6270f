/**
 * Decides which GPU, which MIG profile and which start a pod gets: pure functions of a pod's demand and immutable node views.
 * Every package of the extender may call it; it depends on neither CDI nor REST nor the API server, and reads no clock.
 */
@NullMarked
package io.migpool.extender.placement;

import org.jspecify.annotations.NullMarked;
