/**
 * What is seen of the application from outside: health checks and metrics. Used by {@code api}, which measures reviews.
 */
@NullMarked
package io.migpool.admission.observe;

import org.jspecify.annotations.NullMarked;
