/**
 * How the server treats objects of each kind, beyond storing them: names, unknown fields, defaults, validation.
 *
 * <p>Pure functions from objects to objects or field errors.
 */
@NullMarked
package io.migpool.testbed.apiserver.kinds;

import org.jspecify.annotations.NullMarked;
