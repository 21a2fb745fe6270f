/** How applications measure time, and repeat what they do in it. All of them may enter. */
@NullMarked
package io.migpool.runtime.time;

import org.jspecify.annotations.NullMarked;
