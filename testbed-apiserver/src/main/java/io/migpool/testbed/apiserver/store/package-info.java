/**
 * What etcd is to the real server: versioned objects and a bounded history of their changes.
 *
 * <p>Stores what it is given: whether an object is right and may be written is decided before.
 */
@NullMarked
package io.migpool.testbed.apiserver.store;

import org.jspecify.annotations.NullMarked;
