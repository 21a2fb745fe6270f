/** Measuring time, and repeating steps. Every application may use it. */
@NullMarked
package io.migpool.runtime.time;

import org.jspecify.annotations.NullMarked;
