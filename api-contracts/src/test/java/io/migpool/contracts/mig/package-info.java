/**
 * Tests of the package of the same name.
 * Nobody else may use them.
 */
@NullMarked
package io.migpool.contracts.mig;

import org.jspecify.annotations.NullMarked;
