/**
 * The reservations of the pods bound to this node: which claims they make on the pool, what keeps them from being met,
 * how they are repaired, and what is written back to the pods.
 */
@NullMarked
package io.migpool.deviceplugin.reservation;

import org.jspecify.annotations.NullMarked;
