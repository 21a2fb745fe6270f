/**
 * Talks to the API server: watches what {@code cluster} takes in, reads around every cache, and writes what
 * {@code reservation} decides, behind the ports of those two.
 */
@NullMarked
package io.migpool.extender.apiserver;

import org.jspecify.annotations.NullMarked;
