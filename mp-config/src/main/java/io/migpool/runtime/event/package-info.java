/** Telling people through Kubernetes' Events what happened to an object. Every application may use it. */
@NullMarked
package io.migpool.runtime.event;

import org.jspecify.annotations.NullMarked;
