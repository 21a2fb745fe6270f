/** Tests of the package of the same name. */
@NullMarked
package io.migpool.config;

import org.jspecify.annotations.NullMarked;
