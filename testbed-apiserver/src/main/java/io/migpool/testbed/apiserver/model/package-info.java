/**
 * The words that every room of the API server speaks: kinds, keys and JSON trees of objects, and the errors that a request ends with.
 *
 * <p>Knows no store, no HTTP and no request; anything may use it.
 */
@NullMarked
package io.migpool.testbed.apiserver.model;

import org.jspecify.annotations.NullMarked;
