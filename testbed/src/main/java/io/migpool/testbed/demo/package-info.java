/**
 * The demo: a whole cluster in one JVM, shown step by step. It drives the embedded cluster from outside, as a user
 * would, and does not depend on the applications' internals.
 */
@NullMarked
package io.migpool.testbed.demo;

import org.jspecify.annotations.NullMarked;
