/** Tests of the package of the same name. */
@NullMarked
package io.migpool.config.source;

import org.jspecify.annotations.NullMarked;
