/** A request, independent of the HTTP library: its caller, its target, and the state that accompanies it. */
@NullMarked
package io.migpool.testbed.apiserver.request;

import org.jspecify.annotations.NullMarked;
