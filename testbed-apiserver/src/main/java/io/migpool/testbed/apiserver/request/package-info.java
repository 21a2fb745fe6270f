/**
 * A request without the HTTP library: who makes it, what it names, and what accompanies it on its way.
 */
@NullMarked
package io.migpool.testbed.apiserver.request;

import org.jspecify.annotations.NullMarked;
