/**
 * Expressions in the Common Expression Language with the functions that Kubernetes adds to it.
 */
@NullMarked
package io.migpool.testbed.apiserver.cel;

import org.jspecify.annotations.NullMarked;
