/**
 * The MIG model: profiles, placements, what a board offers and which layouts an operator allows. Pure values without
 * I/O; any package of any application may use them.
 */
@NullMarked
package io.migpool.contracts.mig;

import org.jspecify.annotations.NullMarked;
