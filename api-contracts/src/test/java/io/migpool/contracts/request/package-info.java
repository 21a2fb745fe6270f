/**
 * Tests of the package of the same name.
 * Nobody else may use them.
 */
@NullMarked
package io.migpool.contracts.request;

import org.jspecify.annotations.NullMarked;
