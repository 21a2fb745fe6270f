/**
 * The MIG model: profiles, placements, what a board offers and which layouts an operator allows.
 * Pure values without any I/O; every app and every package may use them.
 */
@NullMarked
package io.migpool.contracts.mig;

import org.jspecify.annotations.NullMarked;
