/** The life of an application's parts. Every application may use it. */
@NullMarked
package io.migpool.runtime;

import org.jspecify.annotations.NullMarked;
