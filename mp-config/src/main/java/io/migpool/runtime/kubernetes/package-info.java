/** Talking to the API server: the same connections, time-outs and retries in all applications. */
@NullMarked
package io.migpool.runtime.kubernetes;

import org.jspecify.annotations.NullMarked;
