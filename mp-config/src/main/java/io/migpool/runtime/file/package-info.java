/** Files of the applications' own. Every application may use it. */
@NullMarked
package io.migpool.runtime.file;

import org.jspecify.annotations.NullMarked;
