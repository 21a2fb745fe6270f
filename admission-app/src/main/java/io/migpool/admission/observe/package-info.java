/** What is seen of the application from outside: health checks and metrics. */
@NullMarked
package io.migpool.admission.observe;

import org.jspecify.annotations.NullMarked;
