/**
 * JSON patch, merge patch and strategic merge patch.
 */
@NullMarked
package io.migpool.testbed.apiserver.patch;

import org.jspecify.annotations.NullMarked;
