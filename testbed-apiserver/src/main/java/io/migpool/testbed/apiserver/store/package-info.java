/**
 * The counterpart of etcd: versioned objects and a bounded history of their changes.
 *
 * <p>Stores what it is given: validation and permissions come before.
 */
@NullMarked
package io.migpool.testbed.apiserver.store;

import org.jspecify.annotations.NullMarked;
