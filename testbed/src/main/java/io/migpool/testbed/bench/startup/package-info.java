/**
 * Measures each application as a separate process: the time until it is ready, and its memory then. Needs the jars and
 * images from the build; nothing else depends on it.
 */
@NullMarked
package io.migpool.testbed.bench.startup;

import org.jspecify.annotations.NullMarked;
