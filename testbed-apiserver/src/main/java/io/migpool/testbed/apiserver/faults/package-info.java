/**
 * Faults that a test injects into the server.
 */
@NullMarked
package io.migpool.testbed.apiserver.faults;

import org.jspecify.annotations.NullMarked;
