/**
 * The demo: a whole cluster in one JVM, walked through step by step for a person. It drives the embedded cluster from
 * outside, as a user would, and knows nothing of the applications' inside.
 */
@NullMarked
package io.migpool.testbed.demo;

import org.jspecify.annotations.NullMarked;
