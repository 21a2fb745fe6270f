/**
 * The shared vocabulary of the API server: kinds, keys and JSON trees of objects, and the errors with which a request
 * may end.
 *
 * <p>Depends on no store, HTTP or request; any package may use it.
 */
@NullMarked
package io.migpool.testbed.apiserver.model;

import org.jspecify.annotations.NullMarked;
