/**
 * Tests of the vocabulary as a whole, and the random values that its packages' tests share.
 * Nothing outside this module's tests may use it.
 */
@NullMarked
package io.migpool.contracts;

import org.jspecify.annotations.NullMarked;
