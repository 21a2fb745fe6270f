/**
 * Measures each application as a process of its own: how soon it is ready, and what memory it holds then. Needs the jars and
 * images that the build makes; nothing else depends on it.
 */
@NullMarked
package io.migpool.testbed.bench.startup;

import org.jspecify.annotations.NullMarked;
