/** How an application reads its own settings. Every application may use it. */
@NullMarked
package io.migpool.runtime.settings;

import org.jspecify.annotations.NullMarked;
