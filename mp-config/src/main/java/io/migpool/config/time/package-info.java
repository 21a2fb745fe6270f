/** How applications measure time. All of them enter. */
@NullMarked
package io.migpool.config.time;

import org.jspecify.annotations.NullMarked;
