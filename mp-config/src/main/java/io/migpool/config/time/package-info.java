/** How applications measure time, and repeat what they do in it. All of them may enter. */
@NullMarked
package io.migpool.config.time;

import org.jspecify.annotations.NullMarked;
